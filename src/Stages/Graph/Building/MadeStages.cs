using System.Collections.Immutable;

namespace RdmaPipeline.Graph.Building;

/// <summary>What factories have made.</summary>
/// <param name="ByName">The stages that could be made.</param>
/// <param name="Errors">What is wrong with these and with the others; empty when nothing is.</param>
/// <param name="First">What the first factory that failed has thrown.</param>
internal sealed record MadeStages<T>(IReadOnlyDictionary<string, IStage<T>> ByName, ImmutableArray<string> Errors, Exception? First)
    where T : class, IBurst
{
    /// <summary>Nothing was made.</summary>
    public static MadeStages<T> None { get; } = new(new Dictionary<string, IStage<T>>(), [], null);
}

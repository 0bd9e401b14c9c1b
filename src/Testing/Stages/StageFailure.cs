using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Testing;

/// <summary>One breach of a stage's contract.</summary>
/// <param name="Aspect">The part of the contract.</param>
/// <param name="State">What the bursts were when it was found.</param>
/// <param name="Text">What happened, and what to do.</param>
public sealed record StageFailure(StageAspect Aspect, BurstStage State, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Aspect} ({State} bursts): {Text}";
}

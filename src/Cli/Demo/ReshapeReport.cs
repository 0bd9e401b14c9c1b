using System.Text.Json.Serialization;

namespace RdmaPipeline.Cli.Demo;

/// <summary>What <c>rdmapipe demo --reshape --json</c> prints.</summary>
/// <param name="Edits">Changes of the graphs.</param>
/// <param name="Lost">Messages that did not arrive.</param>
/// <param name="Reordered">Messages that arrived after a later one of their queue pair.</param>
/// <param name="PauseP50Ms">The median of how long something stood still for a change, in milliseconds.</param>
/// <param name="PauseP99Ms">What 99 in a hundred changes did not exceed.</param>
/// <param name="Revision">The number of the description that the first device's graph has come to.</param>
public sealed record ReshapeReport(int Edits, long Lost, long Reordered, double PauseP50Ms, double PauseP99Ms, long Revision)
{
    /// <summary>With --stat: what both devices counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, DeviceStatistics>? Stat { get; init; }
}

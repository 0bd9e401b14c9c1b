using System.Text.Json.Serialization;

namespace RdmaPipeline.Cli.Demo;

/// <summary>What <c>rdmapipe demo --json</c> prints.</summary>
public sealed record DemoReport(IReadOnlyList<OperationResult> Operations, IReadOnlyList<EdgeResult> Edges)
{
    /// <summary>With --stat: what both devices counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, DeviceStatistics>? Stat { get; init; }
}

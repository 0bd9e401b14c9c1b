using System.Text.Json.Serialization;

namespace RdmaPipeline.Cli.Devices;

/// <summary>What <c>rdmapipe devices --json</c> prints.</summary>
public sealed record DevicesReport(IReadOnlyList<DeviceReport> Devices)
{
    /// <summary>With --stat: what each device counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, DeviceStatistics>? Stat { get; init; }
}

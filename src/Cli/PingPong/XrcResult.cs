using System.Text.Json.Serialization;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>What <c>pingpong xsrq --json</c> prints.</summary>
/// <param name="Service">xsrq.</param>
/// <param name="Device">URI of the device used.</param>
/// <param name="Clients">How many clients there were; 1 at a client.</param>
/// <param name="Iterations">Messages each way for each client.</param>
/// <param name="Bytes">Payload in both directions.</param>
/// <param name="Seconds">From the first message to the last completion.</param>
/// <param name="Counters">What the device counted during the exchange, under the names of Linux' hw_counters.</param>
/// <param name="Wire">What its back-end counted.</param>
public sealed record XrcResult(string Service, string Device, int Clients, int Iterations, long Bytes, double Seconds,
    IReadOnlyDictionary<string, long> Counters, PingPongWire Wire)
{
    /// <summary>With --stat: what the device counted in its whole life.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, DeviceStatistics>? Stat { get; init; }
}

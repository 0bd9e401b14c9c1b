namespace RdmaPipeline.Cli.PingPong;

/// <summary>What a device has counted.</summary>
/// <param name="Hardware">Its counters under the names of Linux' hw_counters.</param>
/// <param name="Wire">Those of its back-end.</param>
public sealed record PingPongCounters(IReadOnlyDictionary<string, long> Hardware, PingPongWire Wire)
{
    public static PingPongCounters Of(DevicePipeline pipeline) => new(pipeline.HardwareCounters, PingPongWire.Of(pipeline.BackendCounters));

    /// <summary>What was added since <paramref name="before"/>.</summary>
    public PingPongCounters Since(PingPongCounters before) =>
        new(Hardware.ToDictionary(c => c.Key, c => c.Value - before.Hardware[c.Key]), Wire.Since(before.Wire));
}

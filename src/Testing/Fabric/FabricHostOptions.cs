using System.Net;
using RdmaPipeline.Backends;
using RdmaPipeline.Protocol;

namespace RdmaPipeline.Testing;

/// <summary>How a host of a <see cref="RdmaTestFabric"/> is made.</summary>
public sealed record FabricHostOptions
{
    private const uint MaxPsn = 0xFF_FFFF;

    /// <summary>Options of its device; preset, driver, seed and clock are the fabric's.</summary>
    public DeviceOptions Device { get; init; } = new();

    /// <summary>
    /// How the stages of its device are joined. Whichever it is, every step is chosen by the seed; the default has the most steps to choose
    /// from.
    /// </summary>
    public PipelinePreset Preset { get; init; } = PipelinePreset.Simulated;

    /// <summary>Largest payload of a packet its port carries: 256, 512, 1024, 2048 or 4096 bytes.</summary>
    public int Mtu { get; init; } = PathMtu.Largest;

    /// <summary>
    /// Its addresses, IPv4 or IPv6, in the order of the GID table; empty gives it the next of 10.0.0.1, 10.0.0.2, … A native InfiniBand
    /// port has a GID of its own in front of them.
    /// </summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>Packets that its receive ring holds before it drops (queue_full): 1 to 1 048 576.</summary>
    public int ReceiveRing { get; init; } = 4096;

    /// <summary>
    /// The first PSN of every queue pair, 24 bits; null for a random one. Near the end it shows how software lives with the wrap.
    /// </summary>
    public uint? InitialPsn { get; init; }

    /// <summary>How its queue pairs behave where the standard leaves a choice; null follows <see cref="Device"/>.</summary>
    public QueuePairOptions? Machine { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Device);
        ArgumentNullException.ThrowIfNull(Addresses);
        if (!Enum.IsDefined(Preset))
            throw Limits.Wrong(nameof(Preset), Preset, $"one of {string.Join(", ", Enum.GetNames<PipelinePreset>())}");
        if (!PathMtu.IsValid(Mtu))
            throw Limits.Wrong(nameof(Mtu), Mtu, "256, 512, 1024, 2048 or 4096");
        Limits.Check(nameof(ReceiveRing), ReceiveRing, 1, 1 << 20);
        Limits.Check(nameof(InitialPsn), InitialPsn ?? 0, 0u, MaxPsn);
    }
}

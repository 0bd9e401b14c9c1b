using System.Collections.Concurrent;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Management;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>
/// Another back-end with its optional abilities switched on or off, which lets a test tell the device of anything and see what the device
/// asked of it.
/// </summary>
internal sealed class ObservedBackend(
    IPacketBackend inner, bool tells = true, BackendCapabilities without = 0, BackendCapabilities with = 0) : IPacketBackend
{
    private readonly BackendDescription _description = inner.Description with
    {
        Capabilities = (inner.Description.Capabilities & ~without) | with,
    };

    /// <summary>How often the device asked for the state of the link.</summary>
    public int Looks;

    /// <summary>The state of the link cannot be found out.</summary>
    public bool IsBroken { get; set; }

    /// <summary>Tells the device.</summary>
    public Action<BackendEvent> Tell { get; private set; } = static _ => { };

    public List<bool> PortStates { get; } = [];

    public List<uint> CapabilityMasks { get; } = [];

    public BackendDescription Description => _description;

    public FrameCodec Codec => inner.Codec;

    public PacketPool Pool => inner.Pool;

    public BackendCounters Counters => inner.Counters;

    /// <summary>Every frame sent, where a test wants them.</summary>
    public ConcurrentQueue<byte[]>? Frames { get; init; }

    public int Send(PacketBurst burst)
    {
        for (int i = burst.SentCount; Frames is not null && i < burst.Count; i++)
            Frames.Enqueue(burst.Bytes(burst.Packets[i].FrameOffset, burst.Packets[i].FrameLength).ToArray());
        return inner.Send(burst);
    }

    public int Receive(Span<PacketBurst?> bursts) => inner.Receive(bursts);

    public bool WaitForTraffic(long timeoutNanoseconds, bool orSendReady) => inner.WaitForTraffic(timeoutNanoseconds, orSendReady);

    public void Wake() => inner.Wake();

    public IReadOnlyList<IManagementAgent> ManagementAgents => inner.ManagementAgents;

    public LinkStatus QueryLink()
    {
        Interlocked.Increment(ref Looks);
        return IsBroken ? throw new InvalidOperationException("the system does not say") : inner.QueryLink();
    }

    public IReadOnlyList<UInt128> QueryGids() => inner.QueryGids();

    public void Listen(Action<BackendEvent> listener)
    {
        Tell = listener;
        if (tells)
            inner.Listen(listener);
    }

    public void SetPortState(bool up)
    {
        PortStates.Add(up);
        inner.SetPortState(up);
    }

    public void CapabilityMaskChanged(uint mask) => CapabilityMasks.Add(mask);

    public void Dispose() => inner.Dispose();
}

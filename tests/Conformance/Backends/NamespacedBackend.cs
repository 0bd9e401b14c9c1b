using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <summary>
/// A back-end in a namespace of a test's own: what it asks the system, it asks there, whichever thread looks. (A whole process in a
/// namespace, the usual case, needs nothing like it.)
/// </summary>
internal sealed class NamespacedBackend(IPacketBackend inner, NamespacePair hosts, int side) : IPacketBackend
{
    public BackendDescription Description => inner.Description;

    public FrameCodec Codec => inner.Codec;

    public PacketPool Pool => inner.Pool;

    public BackendCounters Counters => inner.Counters;

    public int Send(PacketBurst burst) => inner.Send(burst);

    public int Receive(Span<PacketBurst?> bursts) => inner.Receive(bursts);

    public bool WaitForTraffic(long timeoutNanoseconds, bool orSendReady) => inner.WaitForTraffic(timeoutNanoseconds, orSendReady);

    public void Wake() => inner.Wake();

    public bool CanReach(UInt128 source, UInt128 destination) => hosts.Run(side, () => inner.CanReach(source, destination));

    public LinkStatus QueryLink() => hosts.Run(side, inner.QueryLink);

    public IReadOnlyList<UInt128> QueryGids() => hosts.Run(side, inner.QueryGids);

    public void Dispose() => inner.Dispose();
}

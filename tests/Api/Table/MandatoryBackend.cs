using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.ApiTests.Table;

/// <summary>A back-end with nothing but the mandatory operations and no ability announced (R-BE-6).</summary>
internal sealed class MandatoryBackend : IPacketBackend
{
    private readonly LoopbackBackend _inner;

    public MandatoryBackend(LoopbackFabric fabric)
    {
        _inner = fabric.Open();
        Description = _inner.Description with { Capabilities = BackendCapabilities.None };
    }

    public BackendDescription Description { get; }

    public FrameCodec Codec => _inner.Codec;

    public PacketPool Pool => _inner.Pool;

    public BackendCounters Counters => _inner.Counters;

    public int Send(PacketBurst burst) => _inner.Send(burst);

    public int Receive(Span<PacketBurst?> bursts) => _inner.Receive(bursts);

    public bool WaitForTraffic(long timeoutNanoseconds, bool orSendReady) => _inner.WaitForTraffic(timeoutNanoseconds, orSendReady);

    public void Wake() => _inner.Wake();

    public LinkStatus QueryLink() => _inner.QueryLink();

    public void Dispose() => _inner.Dispose();
}

using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Transport;

/// <summary>The outside of the shard that owns the back-end: its ring of received bursts, its room to send, and its wake-up.</summary>
internal sealed class BackendTraffic : IShardTraffic
{
    private readonly IPacketBackend _backend;
    private IStageHost<PacketBurst>? _receive;
    private SendStage? _send;

    public BackendTraffic(IPacketBackend backend) => _backend = backend;

    /// <summary>Names the two stages between the back-end and the graph; until then nothing is polled.</summary>
    public void Connect(IStageHost<PacketBurst> receive, SendStage send)
    {
        _send = send;
        _receive = receive;
    }

    public bool Poll()
    {
        _send?.Retry();
        return _receive is not null && _receive.Pump();
    }

    public bool Wait(long timeoutNanoseconds) => _backend.WaitForTraffic(timeoutNanoseconds, _send is { IsBlocked: true });

    public void Wake() => _backend.Wake();
}

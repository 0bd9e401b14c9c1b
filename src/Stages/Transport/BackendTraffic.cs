using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Transport;

/// <summary>The outside of the shard that owns the back-end: its ring of received bursts, its room to send, and its wake-up.</summary>
internal sealed class BackendTraffic : IShardTraffic
{
    private readonly IPacketBackend _backend;
    private readonly TimeProvider _time;
    private readonly long _moderation;
    private IStageHost<PacketBurst>? _receive;
    private SendStage? _send;
    private long _lastLook = long.MinValue;

    public BackendTraffic(IPacketBackend backend, DeviceOptions options)
    {
        _backend = backend;
        _time = options.TimeProvider;
        _moderation = (long)(options.ReceiveModeration.TotalSeconds * _time.TimestampFrequency);
    }

    /// <summary>Names the two stages between the back-end and the graph; until then nothing is polled.</summary>
    public void Connect(IStageHost<PacketBurst> receive, SendStage send)
    {
        _send = send;
        _receive = receive;
    }

    public bool Poll()
    {
        _send?.Retry();
        return _receive is not null && IsLookDue() && _receive.Pump();
    }

    public bool Wait(long timeoutNanoseconds)
    {
        bool ended = _backend.WaitForTraffic(timeoutNanoseconds, _send is { IsBlocked: true });
        // Whoever was parked has waited long enough: what woke him is looked at now.
        Volatile.Write(ref _lastLook, long.MinValue);
        return ended;
    }

    public void Wake() => _backend.Wake();

    private bool IsLookDue()
    {
        if (_moderation == 0)
            return true;
        long now = _time.GetTimestamp();
        if (now < Volatile.Read(ref _lastLook) + _moderation)
            return false;
        Volatile.Write(ref _lastLook, now);
        return true;
    }
}

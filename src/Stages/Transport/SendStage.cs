using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport.Tracing;

namespace RdmaPipeline.Transport;

/// <summary>
/// Hands encoded bursts to the back-end. When the medium would block, the burst stays in front and the stage takes nothing more until the
/// shard has it tried again: so a full medium is backpressure up to the requester, not a loss.
/// </summary>
internal sealed class SendStage : IStage<PacketBurst>
{
    private readonly IPacketBackend _backend;
    private readonly HandoverNotices _notices = new();
    private readonly Departures _departures;
    private IStageContext<PacketBurst> _context = null!;

    public SendStage(IPacketBackend backend, DeviceTracer tracer) => (_backend, _departures) = (backend, new Departures(tracer));

    public string Name => StageNames.Send;

    public IReadOnlyList<string> Outputs => [];

    /// <summary>Whether the medium would block and a burst waits for it.</summary>
    public bool IsBlocked { get; private set; }

    public void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Process(PacketBurst burst)
    {
        IsBlocked = false;
        int items = burst.Count;
        int left = items - burst.SentCount;
        burst.Notices.MoveTo(_notices);
        _departures.Take(burst);
        while (left > 0)
        {
            // After the last packet the burst belongs to the back-end: nothing of it may be read then.
            int taken = _backend.Send(burst);
            left -= taken;
            if (taken > 0)
                continue;
            IsBlocked = true;
            _notices.MoveTo(burst.Notices);
            _departures.GiveBack(burst);
            _context.Defer(burst);
            return;
        }
        _context.Ended(items);
        _departures.Tell();
        _notices.Tell();
    }

    /// <summary>On the shard: has the waiting burst tried again, unless the back-end knows that it is too early.</summary>
    public void Retry()
    {
        if (IsBlocked && _backend.IsSendReady)
            _context.Wake();
    }
}

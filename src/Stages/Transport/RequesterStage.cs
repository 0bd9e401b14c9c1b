using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport.Tracing;

namespace RdmaPipeline.Transport;

/// <summary>Builds request packets from send queues, new ones and retransmissions, as far as windows and credits allow.</summary>
internal sealed class RequesterStage(string name, Shard shard, PullLimits limits, PacketPool pool)
    : PullStage(name, shard, limits, pool)
{
    private static readonly (BlockedReason Reason, SendHold Hold)[] Holds =
    [
        (BlockedReason.Window, SendHold.Window), (BlockedReason.Credit, SendHold.Credit),
        (BlockedReason.RnrTimer, SendHold.ReceiverNotReady), (BlockedReason.Fence, SendHold.Fence),
    ];

    public override void Attach(IStageContext<PacketBurst> context)
    {
        base.Attach(context);
        if (context is not IStageHost<PacketBurst> host)
            return;
        foreach (var (reason, hold) in Holds)
            host.Meter.TellBlocked(reason, () => Shard.Measures.QueuePairs.HeldSeconds(Shard, hold));
    }

    protected override Doorbell Doorbell => Shard.SendDoorbell;

    protected override ref QueuePairEntry? Waiting => ref Shard.WaitsToSend;

    // What the back-end has taken meanwhile is one of the reasons to ring.
    protected override void Disarm(QueuePairEntry entry)
    {
        Interlocked.Exchange(ref entry.Context.SendDoorbellRung, 0);
        entry.TakeHandover();
    }

    protected override void Rearm(QueuePairEntry entry) => Shard.RingSend(entry);

    protected override void Taken(PacketBurst burst, QueuePairEntry entry)
    {
        if (entry.AwaitsHandover)
            burst.Notices.Add(Shard, entry.Number, entry.Machine.Counters.SentRequests);
        if (!Shard.Tracer.IsListening || entry.Tracer?.TakeBuilt() is not { } message)
            return;
        BurstJourney.Of(burst).Attach(message);
        burst.AddContext(message.Name);
    }

    protected override bool Poll(QueuePairMachine machine, ref PacketWriter packet, Instant now) => machine.PollRequest(ref packet, now);
}

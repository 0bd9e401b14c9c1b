using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Transport;

/// <summary>Builds request packets from send queues, new ones and retransmissions, as far as windows and credits allow.</summary>
internal sealed class RequesterStage(string name, Shard shard, PullLimits limits, PacketPool pool)
    : PullStage(name, shard, limits, pool)
{
    protected override Doorbell Doorbell => Shard.SendDoorbell;

    protected override void Disarm(QueuePairEntry entry) => Interlocked.Exchange(ref entry.Context.SendDoorbellRung, 0);

    protected override void Rearm(QueuePairEntry entry) => Shard.RingSend(entry);

    protected override bool Poll(QueuePairMachine machine, ref PacketWriter packet, Instant now) => machine.PollRequest(ref packet, now);
}

using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Transport;

/// <summary>
/// Builds what responders owe: cumulative acknowledgements, NAKs, read and atomic responses. It pulls when the edge has room, which is why
/// two-way load cannot lock up: the responder in front of it never waits.
/// </summary>
internal sealed class AckGeneratorStage(string name, Shard shard, PullLimits limits, PacketPool pool)
    : PullStage(name, shard, limits, pool)
{
    protected override Doorbell Doorbell => Shard.ResponseDoorbell;

    protected override ref QueuePairEntry? Waiting => ref Shard.WaitsToRespond;

    protected override void Disarm(QueuePairEntry entry) => Interlocked.Exchange(ref entry.Context.ResponseDoorbellRung, 0);

    protected override void Rearm(QueuePairEntry entry) => Shard.RingResponse(entry);

    protected override void Taken(PacketBurst burst, QueuePairEntry entry)
    {
        if (Shard.Tracer.IsListening)
            entry.Tracer?.TakeAnswers(burst);
    }

    protected override bool Poll(QueuePairMachine machine, ref PacketWriter packet, Instant now) => machine.PollResponse(ref packet, now);
}

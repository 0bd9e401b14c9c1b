using System.Runtime.InteropServices;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Transport.Tracing;

namespace RdmaPipeline.Transport;

/// <summary>
/// A source that pulls packets out of queue pair machines while the next edge has room, one burst a pump. Its doorbell holds the numbers
/// of the queue pairs that have something to send, each at most once; a queue pair is served for a budget of packets and then queues up
/// again, which makes a round robin. A burst carries one flow, and several queue pairs where they share it; a queue pair whose next packet
/// goes elsewhere waits for its next turn.
/// </summary>
internal abstract class PullStage : IPumpStage<PacketBurst>
{
    private static readonly string[] Ports = ["out"];
    protected Shard Shard { get; }
    private readonly PullLimits _limits;
    private readonly PacketPool _pool;
    private IStageContext<PacketBurst> _context = null!;

    protected PullStage(string name, Shard shard, PullLimits limits, PacketPool pool)
    {
        Name = name;
        Shard = shard;
        _limits = limits;
        _pool = pool;
    }

    public string Name { get; }

    public IReadOnlyList<string> Outputs => Ports;

    public virtual void Attach(IStageContext<PacketBurst> context) => _context = context;

    public void Process(PacketBurst burst) => Invariant.That(false, "No edge leads to a source.");

    public bool Pump()
    {
        if (!TryNext(out var entry))
            return false;
        Shard.LookForListeners();
        var now = Shard.ReadClock();
        var burst = _pool.Rent();
        burst.Epoch = Shard.Unencoded.Enter();
        var fill = default(BurstFill);
        do
        {
            if ((burst.Count > 0 && !Fits(burst, entry, fill)) || !GoesAlong(burst, entry))
            {
                Waiting = entry;
                break;
            }
            Serve(burst, entry, now, ref fill);
        }
        while (TryNext(out entry));
        Finish(burst, now);
        return Waiting is not null || Doorbell.Count > 0;
    }

    /// <summary>The doorbell whose tokens this stage serves.</summary>
    protected abstract Doorbell Doorbell { get; }

    /// <summary>
    /// The queue pair whose token was taken and whose turn waits for a burst of its own. The shard keeps it: another stage may take the
    /// place of this one meanwhile.
    /// </summary>
    protected abstract ref QueuePairEntry? Waiting { get; }

    /// <summary>Clears the flag that keeps a queue pair's tokens to one: whoever finds work from now on rings again.</summary>
    protected abstract void Disarm(QueuePairEntry entry);

    /// <summary>Rings for a queue pair unless its token is in flight.</summary>
    protected abstract void Rearm(QueuePairEntry entry);

    /// <summary>Takes the next packet of a queue pair; false when it has none to send now.</summary>
    protected abstract bool Poll(QueuePairMachine machine, ref PacketWriter packet, Instant now);

    /// <summary>A packet of a queue pair has gone into a burst.</summary>
    protected virtual void Taken(PacketBurst burst, QueuePairEntry entry)
    {
    }

    private bool TryNext(out QueuePairEntry entry)
    {
        if (Waiting is { } held)
        {
            Waiting = null;
            entry = held;
            // Destroyed while its turn waited for a burst of its own: its memory is the user's again (R-VERB-10).
            if (!held.IsClosed)
                return true;
        }
        while (Doorbell.TryTake(out uint number))
        {
            if (Shard.Find(number) is not { } found)
                continue;
            entry = found;
            return true;
        }
        entry = null!;
        return false;
    }

    // The first packet chooses the path. A queue pair with nothing to send goes along with any burst.
    private static bool GoesAlong(PacketBurst burst, QueuePairEntry entry)
    {
        if (!entry.TryPrepareRequest(out var path))
            return true;
        if (burst.Count == 0)
            burst.Path = path;
        return burst.Path == path;
    }

    private bool Fits(PacketBurst burst, QueuePairEntry entry, in BurstFill fill) =>
        fill.Takes(burst.Count, _limits.LargestFrame(entry.Machine.PathMtuBytes));

    private void Serve(PacketBurst burst, QueuePairEntry entry, Instant now, ref BurstFill fill)
    {
        Disarm(entry);
        int budget = _limits.PacketsPerToken;
        while (Fits(burst, entry, fill) && budget-- > 0)
        {
            if (entry.HasPathPerRequest && !GoesAlong(burst, entry))
                break;
            int frame = Take(burst, entry, now);
            if (frame == 0)
            {
                Shard.ScheduleDeadline(entry);
                return;
            }
            fill.Add(frame);
        }
        Shard.ScheduleDeadline(entry);
        Rearm(entry);
    }

    private int Take(PacketBurst burst, QueuePairEntry entry, Instant now)
    {
        var segments = MemoryMarshal.Cast<PayloadSegment, PayloadReference>(burst.FreeSegments(_limits.SegmentsPerPacket));
        var writer = new PacketWriter(burst.HeaderArea(burst.Count), segments);
        if (!Poll(entry.Machine, ref writer, now))
            return 0;
        ref var packet = ref burst.Append();
        packet.HeaderLength = writer.HeaderLength;
        packet.PayloadLength = writer.PayloadLength;
        packet.PadCount = (byte)writer.PadCount;
        packet.SegmentStart = burst.SegmentCount;
        packet.SegmentCount = writer.SegmentCount;
        burst.SegmentCount += writer.SegmentCount;
        Taken(burst, entry);
        return _limits.FrameLength(writer.HeaderLength, writer.PayloadLength, writer.PadCount);
    }

    private void Finish(PacketBurst burst, Instant now)
    {
        if (burst.Count == 0)
        {
            Shard.Unencoded.Leave(burst.Epoch);
            burst.Release();
            return;
        }
        _context.Created(burst.Count);
        if (Shard.Tracer.IsListening)
            BurstJourney.Find(burst)?.Enter(Name, now.Nanoseconds);
        Shard.Unencoded.Send(burst);
        _context.Emit(0, burst);
    }
}

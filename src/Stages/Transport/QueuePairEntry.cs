using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Datagram;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport.Metrics;
using RdmaPipeline.Transport.Tracing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>A queue pair as its shard keeps it: the machine, the flow its packets leave on, and its place in the timer wheel.</summary>
internal sealed class QueuePairEntry : TimerEntry, IQueuePairHost, IMulticastMember
{
    private const int NoPeer = -1;

    private readonly RdmaDevice _device;
    private readonly DevicePort _port;
    private readonly FlowPaths _paths;
    private long _handedOver;
    private int _peer = NoPeer;
    private SampleTurns _roundTrips;
    private SampleTurns _ackDelays;

    /// <summary>
    /// Makes the entry and the machine of a queue pair; with a service those of the device's own half of a special one.
    /// </summary>
    public QueuePairEntry(
        QueuePairContext context, Shard shard, RdmaDevice device, DevicePort port, FlowPaths paths, QueuePairOptions options,
        IManagementService? service = null)
    {
        _device = device;
        _port = port;
        _paths = paths;
        Context = context;
        Shard = shard;
        Machine = service is null
            ? QueuePairMachine.Create(context, device.MemoryRegions, this, options)
            : QueuePairMachine.CreateManagement(context, device.MemoryRegions, this, service, options);
        IsAgent = service is not null;
        Observe();
        HasPathPerRequest = Machine.HasPathPerRequest;
        AwaitsHandover = Machine.AwaitsHandover;
    }

    public QueuePairContext Context { get; }

    public Shard Shard { get; }

    public QueuePairMachine Machine { get; }

    public uint Number => Context.Number;

    /// <summary>It is the device's own half of a special queue pair.</summary>
    public bool IsAgent { get; }

    /// <summary>How metrics see it; null before it is counted with the others, and after.</summary>
    public SeriesMember? Series { get; set; }

    public int ShardIndex => Shard.Index;

    /// <summary>Its packets go where each work request says, not all along <see cref="Path"/>.</summary>
    public bool HasPathPerRequest { get; }

    /// <summary>The peer's number; 0 while there is none, and where there are many.</summary>
    public uint PeerNumber => (uint)Math.Max(0, Volatile.Read(ref _peer));

    /// <summary>It carries traces itself, which would make more of them.</summary>
    public bool IsUntraced { get; set; }

    /// <summary>Makes the spans of its messages.</summary>
    public QueuePairTracer? Tracer { get; private set; }

    /// <summary>It wants to know when its requests have been handed to the back-end.</summary>
    public bool AwaitsHandover { get; }

    /// <summary>The flow of its packets; the default value until the queue pair has a path.</summary>
    public FlowPath Path { get; private set; }

    /// <summary>What the machine asked for while the current burst was processed.</summary>
    public Work Due { get; set; }

    /// <summary>The deadline the entry is armed for in the shard's wheel; <see cref="TimerWheel.Never"/> when it is not.</summary>
    public long ArmedFor { get; set; } = TimerWheel.Never;

    /// <summary>Set while the entry waits in the shard's list of responses to ring for.</summary>
    public bool IsResponseDeferred { get; set; }

    /// <summary>Set when the queue pair has been destroyed: tokens and deadlines that are still about find nothing to do.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Sends posted and not yet done. Any thread.</summary>
    public long PendingSends => Math.Max(0, Context.SendRing.Tail - Context.SendRing.Retired);

    /// <summary>Takes the path that the machine has now.</summary>
    public void RefreshPath()
    {
        uint? peer = Machine.Query().DestinationQueuePair;
        Volatile.Write(ref _peer, peer is { } number ? (int)number : NoPeer);
        Path = Machine.Path is { } vector ? _paths.To(vector, Number, peer ?? 0) : default;
    }

    /// <summary>The queue pair at this moment. Any thread.</summary>
    public QueuePairSummary Summarize()
    {
        var (counters, receives) = (Machine.Counters, Context.ReceiveRing);
        int peer = Volatile.Read(ref _peer);
        return new QueuePairSummary(
            Number, Context.Type, Context.State, peer == NoPeer ? null : (uint)peer, Machine.Path?.DestinationGid, ShardIndex,
            PendingSends, Math.Max(0, receives.Tail - receives.Retired),
            counters.SentRequests + counters.SentResponses, counters.ReceivedRequests + counters.ReceivedResponses,
            counters.Retransmitted);
    }

    /// <summary>Has its messages traced from now on, or no longer, as there is somebody who listens.</summary>
    public void Observe()
    {
        bool isListening = DeviceTracer.HasListeners && !IsUntraced;
        if (isListening)
            Tracer ??= new QueuePairTracer(this, Shard.Tracer);
        Context.Posts = isListening ? Tracer : null;
        Volatile.Write(ref Context.NextObservedPost, isListening ? 0 : long.MaxValue);
        if (!isListening)
        {
            Machine.Tracing.Leave();
            Tracer?.Leave();
            return;
        }
        Machine.Tracing.Restart();
        Machine.Tracing.Pace = Shard.Tracer.Device.Pace;
        Machine.Tracing.Observer = Tracer;
        Machine.AwaitMessages();
    }

    /// <summary>The flow that the next request will leave on; false when there is none to send.</summary>
    public bool TryPrepareRequest(out FlowPath path)
    {
        path = Path;
        if (!HasPathPerRequest)
            return true;
        if (Machine.PrepareRequest() is not { } vector)
            return false;
        path = _paths.To(vector, Number, FlowPaths.AnyQueuePair);
        return true;
    }

    /// <summary>Any thread: the back-end has taken requests up to a position.</summary>
    public void NoteHandover(long position)
    {
        long known = Volatile.Read(ref _handedOver);
        while (known < position)
        {
            long seen = Interlocked.CompareExchange(ref _handedOver, position, known);
            if (seen == known)
                return;
            known = seen;
        }
    }

    /// <summary>Tells the machine what the back-end has taken.</summary>
    public void TakeHandover()
    {
        if (AwaitsHandover)
            Machine.HandOver(Volatile.Read(ref _handedOver));
    }

    /// <summary>Whether a packet to a special queue pair is for this entry, the device's own half of it, and not for the user's.</summary>
    public bool Takes(in PacketView packet, bool isAlone) => Machine is ManagementMachine agent && agent.Takes(packet, isAlone);

    /// <inheritdoc/>
    public DropReason Admit(in PacketView packet, in FlowPath path) =>
        Machine.Admit(packet, new Gid(path.Source), new Gid(path.Destination), path.SourceLid);

    /// <inheritdoc/>
    public void Raise(AsyncEventType type) => _device.Raise(type, Context);

    /// <inheritdoc/>
    public void ReleaseMemory() => Shard.Unencoded.EncodeAll();

    /// <inheritdoc/>
    public void WorkRequestEnded(SendOpcode opcode, WorkCompletionStatus status, long postedAt)
    {
        // It is the oldest: its slot is not retired yet. A measurement made while its span is current leads to that span.
        using var current = new CurrentSpan(Tracer?.SpanOf(Context.SendRing.Retired));
        Shard.Measures.WorkRequestEnded(Context.Type, opcode, status, Shard.NowNanoseconds - postedAt);
    }

    /// <inheritdoc/>
    public void RoundTripMeasured(long nanoseconds)
    {
        // What is traced is measured too.
        var span = Tracer?.SpanOfOldest;
        if (!_roundTrips.IsNextTaken() && span is null)
            return;
        using var current = new CurrentSpan(span);
        Shard.Measures.AcknowledgementArrived(Context.Type, nanoseconds);
    }

    /// <inheritdoc/>
    public void AcknowledgementLeft(long nanoseconds)
    {
        var span = Tracer?.SpanOfAnswered;
        if (!_ackDelays.IsNextTaken() && span is null)
            return;
        using var current = new CurrentSpan(span);
        Shard.Measures.AcknowledgementLeft(Context.Type, nanoseconds);
    }

    /// <inheritdoc/>
    public Gid? FindGid(int port, int index) => _port.Gids.Find(index)?.Gid;

    /// <inheritdoc/>
    public ushort FindPkey(int port, int index) => _port.Pkeys.Find(index);

    /// <inheritdoc/>
    public int MatchPkey(int port, ushort received) => _port.Pkeys.Match(received);
}

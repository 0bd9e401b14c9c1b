using System.Diagnostics;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport.Metrics;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>
/// The spans of one queue pair: a traced work request from its post to its completion, a message of the peer from its first packet until it
/// is answered, and whatever fails. Touched by the shard, but for <see cref="Posted"/>.
/// </summary>
internal sealed partial class QueuePairTracer : IQueuePairObserver, IPostObserver
{
    // What is flushed after a failure is told of so many times: a deep queue would be a flood.
    private const int MaxFlushes = 64;

    // Where the context begins in a prefix.
    private const int PrefixContext = TracePrefix.Length - ContextBytes.Length;

    private readonly QueuePairEntry _entry;
    private readonly ShardTracer _shard;
    private readonly RecentEvents _recent = new();
    private readonly Dictionary<long, MessageTrace> _sends = [];
    private PostRecord[]? _posts;
    private long _unnumbered;
    private MessageTrace? _built;
    private ActivityContext _failure;
    private int _flushes;

    public QueuePairTracer(QueuePairEntry entry, ShardTracer shard) => (_entry, _shard) = (entry, shard);

    private DeviceTracer Device => _shard.Device;

    private SendQueueRing Ring => _entry.Context.SendRing;

    /// <inheritdoc/>
    public void Posted(long index)
    {
        ref var request = ref Ring.Slot(index);
        ulong connection = MessageSampler.Connection(
            _entry.Number, request.Destination is null ? _entry.PeerNumber : request.RemoteQueuePair);
        uint number = NumberOf(index);
        ulong threshold = Device.Pace.Threshold;
        if (!MessageSampler.Takes(connection, number, threshold))
        {
            if (request.Destination is null)
                Volatile.Write(ref _entry.Context.NextObservedPost, index + MessageSampler.CountOthers(connection, number, threshold));
            return;
        }
        var posts = Volatile.Read(ref _posts) ?? MakePosts();
        long now = Device.Clock.Nanoseconds;
        posts[index & (posts.Length - 1)] = new PostRecord(index + 1, now, Activity.Current?.Context ?? default);
        // What is traced is measured too.
        if (request.PostedAt == 0)
            request.PostedAt = now;
    }

    /// <summary>The span of a work request that is under way; null when it is not traced.</summary>
    public Activity? SpanOf(long index) => _sends.TryGetValue(index, out var message) ? message.Span : null;

    /// <summary>The span of the oldest work request that is not done; null when it is not traced.</summary>
    public Activity? SpanOfOldest => _sends.Count == 0 ? null : SpanOf(Ring.Retired);

    /// <summary>Messages are numbered anew from the next that is posted.</summary>
    /// <param name="first">The number of the next.</param>
    public void Renumber(uint first) => NumberFrom(Ring.Retired - first);

    /// <inheritdoc/>
    public bool SendStarted(in SendStart start)
    {
        NumberFrom(start.Index - start.Sequence);
        var post = PostOf(start.Index);
        long since = post.Index == 0 ? start.Now.Nanoseconds : post.Nanoseconds;
        if (Begin(start, since, post.Parent) is not { } message)
            return false;
        _sends[start.Index] = message;
        Device.Tell(PeerOf(start.Index), new TraceRecord(
            new MessageKey(_entry.Number, start.Destination, start.First), start.Last, message.Context));
        if (message.Span.IsAllDataRequested)
            message.Span.SetTag(AttributeNames.MessageSequence, (long)start.Sequence);
        return true;
    }

    /// <inheritdoc/>
    public void PrefixBegun(long request, Span<byte> prefix)
    {
        ContextBytes.Write(_sends[request].Context, prefix[PrefixContext..]);
        TracePrefix.Mark(prefix);
    }

    /// <inheritdoc/>
    public void PacketBuilt(long request, uint psn) => _sends.TryGetValue(request, out _built);

    /// <inheritdoc/>
    public void DataPlaced(long request)
    {
        if (_sends.TryGetValue(request, out var message))
            Arrive(message);
    }

    /// <inheritdoc/>
    public void PacketRepeated(long request, uint psn, RetransmitReason reason, Instant now)
    {
        Tell(new MessageEvent(SpanEventNames.Retransmit, now.Nanoseconds, request, psn, MessageWords.Of(reason)));
        _sends.TryGetValue(request, out _built);
    }

    /// <inheritdoc/>
    public void NakReceived(long request, uint psn, NakCode code, Instant now) =>
        Tell(new MessageEvent(SpanEventNames.Nak, now.Nanoseconds, request, psn, MessageWords.Of(code)));

    /// <inheritdoc/>
    public void ReceiverAwaited(long request, uint psn, long nanoseconds, Instant now) =>
        Tell(new MessageEvent(SpanEventNames.RnrWait, now.Nanoseconds, request, psn, MessageWords.ReceiverNotReady, nanoseconds));

    /// <inheritdoc/>
    public void SendEnded(in SendEnd end)
    {
        bool failed = end.Status != WorkCompletionStatus.Success;
        if (_sends.Remove(end.Start.Index, out var message))
            Arrive(message, isKnown: true);
        else if (failed)
            message = TellAfterwards(end);
        if (message is null)
            return;
        var span = message.Span;
        if (span.IsAllDataRequested)
            span.SetTag(AttributeNames.WorkRequestId, end.WorkRequestId.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (failed)
            Fail(span, end);
        message.End(Device.Clock.Nanoseconds);
        _shard.Finish(message);
    }

    /// <summary>The traced message of which a packet was just built; null for any other packet.</summary>
    public MessageTrace? TakeBuilt()
    {
        var built = _built;
        _built = null;
        return built;
    }

    /// <summary>The queue pair is gone, or starts over: what was under way will never complete.</summary>
    public void Abandon() => Abandon("the queue pair was reset or destroyed before the message was done");

    /// <summary>Nobody listens any longer: the end of what is under way will not be seen.</summary>
    public void Leave() => Abandon("nobody listened any longer when the message was done");

    private void Abandon(string why)
    {
        foreach (var message in _sends.Values)
            Drop(message, why);
        _sends.Clear();
        AbandonReceived(why);
    }

    private void Drop(MessageTrace message, string why)
    {
        message.End(Device.Clock.Nanoseconds);
        message.Span.SetStatus(ActivityStatusCode.Error, why);
        Device.Finish(message);
    }

    private void Arrive(MessageTrace message, bool isKnown = false)
    {
        _shard.Attach(message, isKnown);
        if (_shard.IsMarked)
            message.AddEvent(SpanEventNames.EcnMark, Device.Clock.Nanoseconds);
    }

    private MessageTrace? TellAfterwards(in SendEnd end)
    {
        bool isFlushed = end.Status == WorkCompletionStatus.WorkRequestFlushedError;
        if (isFlushed && _flushes++ >= MaxFlushes)
            return null;
        long since = end.IsStarted && end.Start.Now != default ? end.Start.Now.Nanoseconds : Device.Clock.Nanoseconds;
        var message = Begin(end.Start, since, default);
        if (message is null)
            return null;
        message.Span.SetTag(AttributeNames.Sampled, false);
        _recent.TellOf(end.Start.Index, message);
        return message;
    }

    private void Fail(Activity span, in SendEnd end)
    {
        if (end.Status != WorkCompletionStatus.WorkRequestFlushedError)
            (_failure, _flushes) = (span.Context, 0);
        else if (_failure != default)
            span.AddLink(new ActivityLink(_failure));
        FailedSpan.Describe(span, end);
    }

    private MessageTrace? Begin(in SendStart start, long since, in ActivityContext parent)
    {
        string operation = MessageWords.Of(start.Request);
        var peer = MessageWords.IsLocal(start.Request) ? default : PeerOf(start.Index);
        long offset = Device.Clock.Offset;
        // SEND hands the receiver something to do, and its context goes along; the peer's processor sees nothing of the others.
        var kind = operation == OperationNames.Send ? ActivityKind.Producer : ActivityKind.Client;
        var span = Spans.Start(SpanNames.WithPeer(operation, peer.ToString()), kind, parent, TraceClock.ToUtc(since, offset),
            _connection == default ? null : [new ActivityLink(_connection)]);
        if (span is null)
            return null;
        Device.Begin();
        var message = new MessageTrace(span, offset)
        {
            Name = new MessageContext(_entry.Number, start.Destination, start.Sequence, span.Context),
        };
        if (!span.IsAllDataRequested)
            return message;
        AddCommon(span, operation, start.Destination, peer);
        span.SetTag(AttributeNames.FirstPsn, (long)start.First);
        span.SetTag(AttributeNames.LastPsn, (long)start.Last);
        span.SetTag(AttributeNames.MessageSize, (long)start.Length);
        return message;
    }

    private void AddCommon(Activity span, string operation, uint peerNumber, in PeerAddress peer)
    {
        span.SetTag(AttributeNames.DeviceName, Device.Device);
        span.SetTag(AttributeNames.OperationName, operation);
        span.SetTag(AttributeNames.Transport, TransportNames.Of(_entry.Context.Type));
        span.SetTag(AttributeNames.QueuePairNumber, (long)_entry.Number);
        span.SetTag(AttributeNames.PeerQueuePairNumber, (long)peerNumber);
        peer.AddTo(span);
    }

    private PeerAddress PeerOf(long index) => Ring.Slot(index).Destination is { } destination
        ? new PeerAddress(destination.Vector.IsGlobal ? destination.Vector.DestinationGid.Value : 0, destination.Vector.DestinationLid)
        : PeerOfPath;

    private void Tell(in MessageEvent happened)
    {
        if (_sends.TryGetValue(happened.Request, out var message))
            happened.AddTo(message);
        else
            _recent.Add(happened);
    }

    // What the number of a posted work request will be, if nothing is executed on this side meanwhile and every message has one packet
    // where the number is a PSN. When that is wrong, a traced one begins where the requester takes it up.
    private uint NumberOf(long index) => (uint)(index - Volatile.Read(ref _unnumbered)) & 0xFF_FFFF;

    private void NumberFrom(long unnumbered)
    {
        Volatile.Write(ref _unnumbered, unnumbered);
        if (_entry.Context.Posts is not null)
            Volatile.Write(ref _entry.Context.NextObservedPost, 0);
    }

    private PostRecord PostOf(long index)
    {
        if (Volatile.Read(ref _posts) is not { } posts)
            return default;
        var post = posts[index & (posts.Length - 1)];
        return post.Index == index + 1 ? post : default;
    }

    private PostRecord[] MakePosts()
    {
        int length = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, Ring.Capacity));
        return Interlocked.CompareExchange(ref _posts, new PostRecord[length], null) ?? _posts!;
    }
}

using System.Diagnostics;
using RdmaPipeline.Telemetry;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>
/// The span of one message on one side, and what the stages did for it, which become its children when it ends. The send stage may be on
/// another shard than the queue pair: so it is locked, which nobody but a traced message feels.
/// </summary>
internal sealed class MessageTrace
{
    /// <summary>Events a span has room for.</summary>
    public const int MaxEvents = 64;

    private readonly Lock _lock = new();
    private readonly List<StageShare> _stages = [];
    private readonly long _offset;
    private long _end;
    private int _events;
    private int _droppedEvents;
    private bool _isFinished;
    private int _settled;

    /// <summary>Takes a span over.</summary>
    /// <param name="span">The span, begun.</param>
    /// <param name="offset">What <see cref="TraceClock.Offset"/> was when it began.</param>
    public MessageTrace(Activity span, long offset) => (Span, _offset, Context) = (span, offset, span.Context);

    public Activity Span { get; }

    /// <summary>The context of the span.</summary>
    public ActivityContext Context { get; }

    /// <summary>How the other end knows the message; the default value when it does not.</summary>
    public RdmaPipeline.Backends.Packets.MessageContext Name { get; init; }

    /// <summary>The message, when its sender's span may still become known; null when it is known, or never will be.</summary>
    public MessageKey? AwaitedSender { get; init; }

    /// <summary>The answer to it has been built: when that has been sent, all is known.</summary>
    public bool IsAnswered { get; set; }

    /// <summary>It has been told to whoever listens.</summary>
    public bool IsFinished => Volatile.Read(ref _isFinished);

    /// <summary>Packets that were sent again.</summary>
    public int Retransmissions { get; set; }

    /// <summary>Adds an event, or counts it where there are too many.</summary>
    public void AddEvent(string name, long nanoseconds, params ReadOnlySpan<Tag> tags)
    {
        if (!Span.IsAllDataRequested)
            return;
        lock (_lock)
        {
            if (_isFinished)
                return;
            if (_events == MaxEvents)
            {
                _droppedEvents++;
                return;
            }
            _events++;
            Span.AddEvent(new ActivityEvent(name, Utc(nanoseconds), [.. tags]));
        }
    }

    /// <summary>The sender's span has become known.</summary>
    public void Link(in ActivityContext sender)
    {
        lock (_lock)
            Span.AddLink(new ActivityLink(sender));
    }

    /// <summary>A stage has worked on a burst with packets of the message.</summary>
    /// <param name="stamp">The stage and its times.</param>
    /// <param name="packets">The packets of the message.</param>
    /// <param name="served">All messages that the burst had packets of.</param>
    public void AddStage(in StageStamp stamp, int packets, List<JourneyShare> served)
    {
        lock (_lock)
        {
            if (_isFinished)
                return;
            var share = Find(stamp);
            share.Add(stamp.Start, stamp.End, packets);
            if (served.Count < 2)
                return;
            foreach (var other in served)
                share.Link(other.Message.Context);
        }
    }

    /// <summary>The message is done; its stages may still be at work on it.</summary>
    public void End(long nanoseconds) => _end = nanoseconds;

    /// <summary>A packet of it, or one that travels with it, was dropped.</summary>
    public void AddDrop(string stage, DropReason reason, long nanoseconds) => AddEvent(SpanEventNames.Drop, nanoseconds,
        new Tag(AttributeNames.DropReason, DropReasons.Name(reason)), new Tag(AttributeNames.StageName, stage));

    /// <summary>Nothing more comes: the children, and then the span itself, go to whoever listens.</summary>
    /// <param name="revision">The revision of the graph it went through.</param>
    public void Finish(long revision)
    {
        lock (_lock)
        {
            if (_isFinished)
                return;
            _isFinished = true;
        }
        foreach (var share in _stages)
            TellStage(share, revision);
        if (Span.IsAllDataRequested)
        {
            Span.SetTag(AttributeNames.GraphRevision, revision);
            if (Retransmissions > 0)
                Span.SetTag(AttributeNames.Retransmissions, Retransmissions);
            if (_droppedEvents > 0)
                Span.SetTag(AttributeNames.DroppedEvents, _droppedEvents);
        }
        Spans.Stop(Span, Utc(_end));
    }

    /// <summary>The device's part is done. True the first time.</summary>
    public bool TrySettle() => Interlocked.Exchange(ref _settled, 1) == 0;

    private void TellStage(StageShare share, long revision)
    {
        if (Spans.Start(SpanNames.ForStage(share.Stage), ActivityKind.Internal, Context, Utc(share.Start), share.Links) is not { } child)
            return;
        if (child.IsAllDataRequested)
        {
            child.SetTag(AttributeNames.StageName, share.Stage);
            child.SetTag(AttributeNames.Packets, share.Packets);
            child.SetTag(AttributeNames.Bursts, share.Bursts);
            child.SetTag(AttributeNames.GraphRevision, revision);
        }
        Spans.Stop(child, Utc(share.End));
    }

    private StageShare Find(in StageStamp stamp)
    {
        foreach (var share in _stages)
        {
            if (share.Stage == stamp.Stage)
                return share;
        }
        _stages.Add(new StageShare(stamp.Stage, stamp.Start));
        return _stages[^1];
    }

    private DateTime Utc(long nanoseconds) => TraceClock.ToUtc(nanoseconds, _offset);
}

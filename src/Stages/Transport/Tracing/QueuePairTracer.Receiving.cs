using System.Diagnostics;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Transport.Tracing;

/// <content>Messages of the peer.</content>
internal sealed partial class QueuePairTracer
{
    // Messages that were answered, or are to be; more at a time than this are let go of, oldest first.
    private const int MaxAnswers = 1024;

    private readonly Queue<(MessageTrace Message, uint First, uint Last)> _unanswered = new();
    private readonly Queue<MessageTrace> _answered = new();
    private readonly List<MessageTrace> _answers = [];
    private MessageTrace? _receiving;
    private uint _firstPsn;
    private bool _isForeseen;

    private MessageTracing Tracing => _entry.Machine.Tracing;

    private bool IsReliable => _entry.Context.Type is QueuePairType.ReliableConnection or QueuePairType.XrcTarget;

    /// <inheritdoc/>
    public bool ReceiveStarted(in ReceiveStart start, Instant now)
    {
        bool isKnown = TryFindSender(start, out var sender);
        if (!isKnown && !start.IsSampled)
            return false;
        _receiving = BeginReceive(start, sender, now);
        _firstPsn = start.PacketNumber;
        Tracing.AwaitsAnswer |= _receiving is not null;
        return _receiving is not null;
    }

    /// <inheritdoc/>
    public void ReceiveForeseen(bool isDue)
    {
        if (isDue == _isForeseen)
            return;
        _isForeseen = isDue;
        if (isDue)
            Device.Begin();
        else
            Device.End();
    }

    /// <inheritdoc/>
    public void RequestExecuted(uint psn, uint last, uint bytes, bool isComplete, Instant now)
    {
        if (_receiving is not { } message)
            return;
        Arrive(message);
        if (!isComplete)
            return;
        _receiving = null;
        var span = message.Span;
        if (span.IsAllDataRequested)
        {
            span.SetTag(AttributeNames.LastPsn, (long)last);
            span.SetTag(AttributeNames.MessageSize, (long)bytes);
        }
        if (IsReliable)
        {
            Await(message, last);
            return;
        }
        EndReceived(message);
    }

    /// <inheritdoc/>
    public void RequestRefused(in ReceiveStart request, DropReason drop, bool isFatal, Instant now)
    {
        var message = _receiving;
        if (message is null && isFatal)
        {
            message = BeginReceive(request, default, now);
            message?.Span.SetTag(AttributeNames.Sampled, false);
            _firstPsn = request.PacketNumber;
        }
        if (message is null)
            return;
        message.AddEvent(SpanEventNames.Drop, now.Nanoseconds, new Tag(AttributeNames.PacketPsn, (long)request.PacketNumber),
            new Tag(AttributeNames.DropReason, DropReasons.Name(drop)), new Tag(AttributeNames.StageName, StageNames.Responder));
        if (!isFatal)
            return;
        _receiving = null;
        _shard.Attach(message);
        FailedSpan.DescribeRefusal(message.Span, drop, request.PacketNumber);
        if (IsReliable)
            Await(message, request.PacketNumber);
        else
            EndReceived(message);
    }

    /// <inheritdoc/>
    public void ReceiveLost(DropReason drop, uint psn)
    {
        if (_receiving is not { } message)
            return;
        _receiving = null;
        _shard.Attach(message, isKnown: true);
        FailedSpan.DescribeLoss(message.Span, drop, psn);
        EndReceived(message);
    }

    /// <inheritdoc/>
    public void ResponseBuilt(uint psn, NakCode? nak, bool isReceiverNotReady)
    {
        if (nak is { } code && _receiving is { } unfinished)
            AddNak(unfinished, psn, code, isReceiverNotReady);
        while (_unanswered.TryPeek(out var next) && MessageTracing.Covers(psn, next.Last))
        {
            _unanswered.Dequeue();
            if (nak is not null && psn == next.Last)
                AddNak(next.Message, psn, nak.Value, isReceiverNotReady);
            next.Message.IsAnswered = true;
            _answers.Add(next.Message);
            _answered.Enqueue(next.Message);
        }
        // A packet of a longer answer.
        if (_unanswered.TryPeek(out var current) && MessageTracing.Covers(psn, current.First))
            _answers.Add(current.Message);
        Tracing.AwaitsAnswer = _unanswered.Count > 0 || _receiving is not null;
        while (_answered.TryPeek(out var sent) && (sent.IsFinished || _answered.Count > MaxAnswers))
            Let(_answered.Dequeue());
    }

    /// <summary>The span of a message that the answer in hand is for; null when none is traced.</summary>
    public Activity? SpanOfAnswered => _answers.Count == 0 ? null : _answers[0].Span;

    /// <summary>The burst that an answer was built into gets to know whom it answers.</summary>
    public void TakeAnswers(PacketBurst burst)
    {
        if (_answers.Count == 0)
            return;
        var journey = BurstJourney.Of(burst);
        foreach (var message in _answers)
            journey.Attach(message);
        _answers.Clear();
    }

    private bool TryFindSender(in ReceiveStart start, out ActivityContext sender)
    {
        if (_shard.TryFindContext(start.Source, start.Destination, start.Sequence, out sender))
            return true;
        if (start.Operation != PacketOperation.Send || Tracing.Prefix?.Received is not { } prefix || !TracePrefix.IsMarked(prefix))
            return false;
        sender = ContextBytes.Read(prefix.AsSpan(PrefixContext));
        return true;
    }

    // Nothing is answered on this service.
    private void EndReceived(MessageTrace message)
    {
        message.End(Device.Clock.Nanoseconds);
        _shard.Finish(message);
    }

    private void AbandonReceived(string why)
    {
        if (_receiving is { } unfinished)
            Drop(unfinished, why);
        _receiving = null;
        _answers.Clear();
        while (_unanswered.TryDequeue(out var next))
            Let(next.Message);
        while (_answered.TryDequeue(out var sent))
            Let(sent);
        Tracing.AwaitsAnswer = false;
        ReceiveForeseen(isDue: false);
    }

    private void Let(MessageTrace message)
    {
        if (message.IsFinished)
            return;
        message.End(Device.Clock.Nanoseconds);
        Device.Finish(message);
    }

    private void Await(MessageTrace message, uint last)
    {
        _unanswered.Enqueue((message, _firstPsn, last));
        Tracing.AwaitsAnswer = true;
    }

    private MessageTrace? BeginReceive(in ReceiveStart start, in ActivityContext sender, Instant now)
    {
        var peer = _shard.Peer;
        long offset = Device.Clock.Offset;
        bool isChild = Device.ResponderIsChild && sender != default;
        var link = isChild || sender == default ? _connection : sender;
        var span = Spans.Start(
            SpanNames.WithPeer(SpanNames.Process, peer.ToString()), ActivityKind.Consumer, isChild ? sender : default,
            TraceClock.ToUtc(_shard.ArrivalOf(now), offset), link == default ? null : [new ActivityLink(link)]);
        if (span is null)
            return null;
        Device.Begin();
        var message = new MessageTrace(span, offset)
        {
            AwaitedSender = sender == default && Device.HasChannelTo(peer)
                ? new MessageKey(start.Source, start.Destination, start.PacketNumber)
                : null,
        };
        if (!span.IsAllDataRequested)
            return message;
        AddCommon(span, MessageWords.Of(start.Operation), start.Source, peer);
        span.SetTag(AttributeNames.MessageSequence, (long)start.Sequence);
        span.SetTag(AttributeNames.FirstPsn, (long)start.PacketNumber);
        return message;
    }

    private void AddNak(MessageTrace message, uint psn, NakCode code, bool isReceiverNotReady) =>
        message.AddEvent(SpanEventNames.Nak, Device.Clock.Nanoseconds, new Tag(AttributeNames.PacketPsn, (long)psn),
            new Tag(AttributeNames.NakCode, isReceiverNotReady ? MessageWords.ReceiverNotReady : MessageWords.Of(code)),
            new Tag(AttributeNames.IoDirection, AttributeNames.Transmit));
}

using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Explain;

/// <summary>The requests of one side of a reliable connection, and the answers to them.</summary>
/// <param name="first">Its first request.</param>
/// <param name="pathMtu">Bytes that a full packet has.</param>
/// <param name="origin">The time of the beginning of the capture.</param>
internal sealed class RequestFlow(CapturedTransport first, int pathMtu, long origin) : CapturedFlow(first, origin)
{
    private const double NanosecondsPerMillisecond = 1e6;

    // No timer is as short as this many milliseconds.
    private const double DoubledWithin = 0.1;

    private readonly Dictionary<uint, int> _sent = [];
    private readonly CapturedTransport _first = first;
    private Psn _next = first.Psn;
    private Psn _unanswered = first.Psn;
    private CapturedTransport? _refusal;
    private CapturedTransport? _fatal;
    private string? _reason;
    private long _lastActivity = first.Nanoseconds;
    private long _requests;
    private long _repeated;
    private long _answers;
    private long _messages;
    private long _missing;

    public override bool HasSent(Psn psn) => psn.StepsFrom(_first.Psn) < _next.StepsFrom(_first.Psn);

    public override void Send(CapturedTransport packet)
    {
        _requests++;
        int ahead = Psn.Compare(packet.Psn, _next);
        if (ahead < 0)
        {
            Repeat(packet);
            _lastActivity = packet.Nanoseconds;
            return;
        }
        _lastActivity = packet.Nanoseconds;
        if (packet.Traits.IsLast)
            _messages++;
        if (ahead > 0)
            Miss(packet, ahead);
        _sent[packet.Psn.Value] = 1;
        _next = packet.Psn + Span(packet);
        Events.EndRun();
    }

    public override void Answer(CapturedTransport packet)
    {
        SourceQueuePair ??= packet.QueuePair;
        _answers++;
        _lastActivity = packet.Nanoseconds;
        switch (packet.Aeth?.Kind)
        {
            case AethKind.RnrNak:
                _refusal = packet;
                _reason = "the receiver has been waited for";
                Advance(packet.Psn);
                Events.Add(packet, SpanEventNames.RnrWait, NakWords.OfReceiverNotReady(packet.Aeth.Value.Code));
                break;
            case AethKind.Nak:
                TakeNak(packet, packet.Aeth.Value.NakCode);
                break;
            default:
                Advance(packet.Psn.Next);
                break;
        }
    }

    public override Explanation Explain() => new(
        Title,
        new Dictionary<string, long>
        {
            ["requests"] = _requests, ["messages"] = _messages, ["sentAgain"] = _repeated, ["answers"] = _answers, ["missing"] = _missing,
        },
        Events.All,
        End());

    private void Repeat(CapturedTransport packet)
    {
        _repeated++;
        // The rest of a READ has a PSN of its own.
        _sent[packet.Psn.Value] = _sent.GetValueOrDefault(packet.Psn.Value) + 1;
        _refusal = null;
        double silence = (packet.Nanoseconds - _lastActivity) / NanosecondsPerMillisecond;
        string reason = packet.Psn.IsBefore(_unanswered) ? "sent again though it was acknowledged: the answer came too late"
            : _reason is not null ? $"sent again: {_reason}"
            : silence < DoubledWithin ? "seen again at once: doubled on the way"
            : FormattableString.Invariant($"sent again: nothing was heard for {silence:0.###} ms");
        Events.AddToRun(packet, SpanEventNames.Retransmit, reason);
        _reason = null;
    }

    private void Miss(CapturedTransport packet, int count)
    {
        _missing += count;
        TellGap(packet, count, "lost before the capture, or recorded nowhere");
    }

    private void TakeNak(CapturedTransport packet, NakCode code)
    {
        Advance(packet.Psn);
        _reason = "the peer missed a packet";
        Events.Add(packet, SpanEventNames.Nak, $"NAK, {NakWords.Of(code)}");
        if (NakWords.EndOf(code) is not null)
            _fatal = packet;
    }

    private void Advance(Psn unanswered)
    {
        if (unanswered.IsAfter(_unanswered))
            (_unanswered, _refusal, _reason) = (unanswered, null, null);
    }

    private ExplainedEnd End()
    {
        if (_fatal is { } nak)
            return ExplainedEnd.Failure(NakWords.EndOf(nak.Aeth!.Value.NakCode)!, nak.Psn.Value, TimesSent(nak.Psn), isCertain: true);
        if (_unanswered == _next)
            return ExplainedEnd.Done;
        int attempts = TimesSent(_unanswered);
        if (_refusal is not null)
            return Probably(WorkCompletionStatus.RnrRetryExceededError, attempts);
        return attempts > 1
            ? Probably(WorkCompletionStatus.RetryExceededError, attempts)
            : new ExplainedEnd("unanswered", false, false, null, _unanswered.Value, attempts,
                "the capture ends before an answer", "whether the capture was stopped too early", "");
    }

    private ExplainedEnd Probably(WorkCompletionStatus status, int attempts) =>
        ExplainedEnd.Failure(FailureWords.OfSend((int)status), _unanswered.Value, attempts, isCertain: false);

    private int TimesSent(Psn psn) => _sent.GetValueOrDefault(psn.Value);

    // R-REQ-5: the responses of a READ take PSNs of the request.
    private int Span(CapturedTransport packet) => Math.Max(1, (int)((packet.ReadLength + (uint)pathMtu - 1) / (uint)pathMtu));
}

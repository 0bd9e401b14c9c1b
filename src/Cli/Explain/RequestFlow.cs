using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Explain;

/// <summary>The requests of one side of a connection as a capture shows them, and the answers to them.</summary>
internal sealed class RequestFlow(CapturedTransport first, int pathMtu, long origin)
{
    private const double NanosecondsPerMillisecond = 1e6;

    // No timer is as short as this many milliseconds.
    private const double DoubledWithin = 0.1;

    private readonly Dictionary<uint, int> _sent = [];
    private readonly FlowEvents _events = new(origin);
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

    public string Source { get; } = first.Source;

    public string Destination { get; } = first.Destination;

    public uint QueuePair { get; } = first.QueuePair;

    public TransportService Service { get; } = first.Traits.Transport;

    /// <summary>The requester's own number, once an answer has shown it.</summary>
    public uint? SourceQueuePair { get; private set; } = first.SourceQueuePair;

    private bool IsReliable => Service is TransportService.ReliableConnection or TransportService.ExtendedReliableConnection;

    /// <summary>Whether a PSN was sent.</summary>
    public bool HasSent(Psn psn) => psn.StepsFrom(first.Psn) < _next.StepsFrom(first.Psn);

    /// <summary>Takes a request as it leaves.</summary>
    public void Send(CapturedTransport packet)
    {
        _requests++;
        int ahead = Psn.Compare(packet.Psn, _next);
        if (ahead < 0 && IsReliable)
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
        _events.EndRun();
    }

    /// <summary>Takes an answer as it comes.</summary>
    public void Answer(CapturedTransport packet)
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
                _events.Add(packet, SpanEventNames.RnrWait, NakWords.OfReceiverNotReady(packet.Aeth.Value.Code));
                break;
            case AethKind.Nak:
                TakeNak(packet, packet.Aeth.Value.NakCode);
                break;
            default:
                Advance(packet.Psn.Next);
                break;
        }
    }

    /// <summary>A packet of the flow, or an answer to it, went no further.</summary>
    public void Drop(CapturedTransport packet, string text) => _events.Add(packet, SpanEventNames.Drop, text);

    /// <summary>A packet came over a congested way.</summary>
    public void Mark(CapturedTransport packet) =>
        _events.Add(packet, SpanEventNames.EcnMark, "marked: a switch on the way is congested");

    /// <summary>What there is to say in the end.</summary>
    public Explanation Explain() => new(
        $"{Name(Service)} {Source} QP {(SourceQueuePair is { } own ? $"0x{own:x}" : "?")} → {Destination} QP 0x{QueuePair:x}",
        new Dictionary<string, long>
        {
            ["requests"] = _requests, ["messages"] = _messages, ["sentAgain"] = _repeated, ["answers"] = _answers, ["missing"] = _missing,
        },
        _events.All,
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
        _events.AddToRun(packet, SpanEventNames.Retransmit, reason);
        _reason = null;
    }

    private void Miss(CapturedTransport packet, int count)
    {
        _missing += count;
        _events.Add(packet, "gap", $"{count} {(count == 1 ? "PSN" : "PSNs")} before this one were not seen: lost before the capture, or "
            + "recorded nowhere");
    }

    private void TakeNak(CapturedTransport packet, NakCode code)
    {
        Advance(packet.Psn);
        _reason = "the peer missed a packet";
        _events.Add(packet, SpanEventNames.Nak, $"NAK, {NakWords.Of(code)}");
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
        if (!IsReliable)
            return new ExplainedEnd("unknown", false, false, null, null, 0, "nothing is acknowledged on this service", "", "R-REQ-54");
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

    private static string Name(TransportService service) => service switch
    {
        TransportService.ReliableConnection => "rc",
        TransportService.UnreliableConnection => "uc",
        TransportService.ExtendedReliableConnection => "xrc",
        TransportService.UnreliableDatagram => "ud",
        _ => service.ToString(),
    };
}

using RdmaPipeline.Telemetry;
using A = RdmaPipeline.Telemetry.AttributeNames;

namespace RdmaPipeline.Cli.Explain;

/// <summary>
/// Says what became of the work requests of a trace: those that failed, and those that had trouble on the way. What the responder saw of a
/// message stands beside it, when its span is in the file too.
/// </summary>
internal sealed class TraceExplainer
{
    private static readonly string s_flushed = ErrorTypes.Name(5);

    private readonly IReadOnlyList<TracedSpan> _spans;
    private readonly ILookup<string, TracedSpan> _children;
    private readonly TracedLosses _losses;

    private TraceExplainer(IReadOnlyList<TracedSpan> spans) =>
        (_spans, _children, _losses) = (spans, spans.ToLookup(span => span.ParentId), new TracedLosses(spans));

    public static IReadOnlyList<Explanation> Explain(IReadOnlyList<TracedSpan> spans) => new TraceExplainer(spans).Explain();

    private Explanation[] Explain()
    {
        var causes = _spans.Where(s => s.Error is not null && s.Text(A.ErrorType) != s_flushed).Select(s => s.SpanId).ToHashSet();
        return
        [
            .. _spans.Where(IsWorth)
                // What was flushed because of a failure that is told of is a fact of that.
                .Where(span => span.Text(A.ErrorType) != s_flushed || !span.Links.Any(causes.Contains))
                .OrderByDescending(span => span.Error is not null || _losses.IsLost(span)).ThenBy(span => span.Start)
                .Select(Explain),
        ];
    }

    private bool IsWorth(TracedSpan span) => _losses.IsLost(span) || (span.Text(A.OperationName) is not null
        && !TracedLosses.IsProcess(span) && (span.Error is not null || span.Events.Count > 0));

    private Explanation Explain(TracedSpan span)
    {
        var facts = new Dictionary<string, long>();
        if (span.Number(A.MessageSize) is { } bytes)
            facts["bytes"] = bytes;
        facts["microseconds"] = (span.End - span.Start) / 1000;
        if (span.Number(A.Retransmissions) is { } again)
            facts["sentAgain"] = again;
        int flushed = _spans.Count(other => other.Links.Contains(span.SpanId) && other.Text(A.ErrorType) == s_flushed);
        if (flushed > 0)
            facts["flushedBecauseOfIt"] = flushed;
        foreach (var stage in _children[span.SpanId].Where(child => child.Text(A.StageName) is not null).OrderBy(child => child.Start))
            facts[$"{stage.Name}, µs"] = (stage.End - stage.Start) / 1000;
        var events = span.Events.Select(e => Tell(e, span, "")).Concat(
            _losses.Peers(span).SelectMany(peer => peer.Events.Select(e => Tell(e, span, "at the peer: ")))).OrderBy(e => e.Nanoseconds);
        return new Explanation(Title(span), facts, [.. events], _losses.IsLost(span) ? _losses.EndOf(span) : End(span));
    }

    private static string Title(TracedSpan span)
    {
        string own = $"QP 0x{span.Number(A.QueuePairNumber):x}";
        string peer = $"QP 0x{span.Number(A.PeerQueuePairNumber):x}";
        string way = TracedLosses.IsProcess(span) ? $"{peer} → {own}" : $"{own} → {peer}";
        string last = span.Number(A.LastPsn) is { } psn ? $" to 0x{psn:x6}" : "";
        return $"{span.Name} ({span.Text(A.Transport)} {way}), PSN 0x{span.Number(A.FirstPsn):x6}{last}, trace {span.TraceId}";
    }

    private static ExplainedEvent Tell(TracedEvent told, TracedSpan span, string where)
    {
        uint? psn = told.Attributes.GetValueOrDefault(A.PacketPsn) is long number ? (uint)number : null;
        return new ExplainedEvent(told.Time - span.Start, null, psn, told.Name, where + Words(told));
    }

    private static string Words(TracedEvent told) => told.Name switch
    {
        SpanEventNames.Retransmit => $"sent again: {Of(told, A.RetransmitReason)}",
        SpanEventNames.Nak => $"NAK {(Of(told, A.IoDirection) == A.Receive ? "received" : "sent")}: {Of(told, A.NakCode)}",
        SpanEventNames.RnrWait => $"receiver not ready: waits {Of(told, A.RnrTimer)} s",
        SpanEventNames.Drop => $"dropped by stage {Of(told, A.StageName)}: {Of(told, A.DropReason)}",
        SpanEventNames.EcnMark => "marked: a switch on the way is congested",
        _ => told.Name,
    };

    private static string Of(TracedEvent told, string name) => FormattableString.Invariant($"{told.Attributes.GetValueOrDefault(name)}");

    private static ExplainedEnd End(TracedSpan span)
    {
        if (span.Error is null)
            return ExplainedEnd.Done with { Cause = "it was done in the end" };
        int status = ErrorTypes.Find(span.Text(A.ErrorType) ?? "");
        var words = status < 0 ? null : FailureWords.OfSend(status);
        return new ExplainedEnd(
            span.Text(A.ErrorType) ?? "unknown", true, true, span.Text(A.FailureStage) ?? words?.Stage, (uint?)span.Number(A.FailurePsn),
            Attempts(span), span.Text(A.FailureCause) ?? words?.Cause ?? span.Error, span.Text(A.FailureAdvice) ?? words?.Advice ?? "",
            words?.Rule ?? "");
    }

    private static int Attempts(TracedSpan span) => span.Text(A.FailureStage) == "requester"
        ? 0
        : 1 + (int)((span.Number(A.Retries) ?? 0) + (span.Number(A.RnrRetries) ?? 0));
}

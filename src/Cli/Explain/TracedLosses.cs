using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using A = RdmaPipeline.Telemetry.AttributeNames;

namespace RdmaPipeline.Cli.Explain;

/// <summary>
/// Finds the messages of a trace that are lost on a service that acknowledges nothing: their senders' spans say only that they were sent,
/// what became of them stands on their receivers' spans, or in that there is none.
/// </summary>
internal sealed class TracedLosses
{
    private readonly HashSet<string> _senders;
    private readonly HashSet<Key> _sent;
    private readonly ILookup<(long? Source, long? Destination), bool> _heard;
    private readonly ILookup<string, TracedSpan> _byLink;
    private readonly ILookup<Key, TracedSpan> _byKey;

    public TracedLosses(IReadOnlyList<TracedSpan> spans)
    {
        var sent = spans.Where(span => IsMessage(span) && !IsProcess(span)).ToList();
        var received = spans.Where(IsProcess).ToList();
        (_senders, _sent) = (sent.Select(span => span.SpanId).ToHashSet(), sent.Select(KeyOf).ToHashSet());
        _byKey = received.ToLookup(KeyOf);
        _byLink = received.SelectMany(span => span.Links.Append(span.ParentId), (span, id) => (span, id)).ToLookup(x => x.id, x => x.span);
        _heard = sent.ToLookup(span => (KeyOf(span).Source, KeyOf(span).Destination), span => Peers(span).Any());
    }

    /// <summary>
    /// What the receivers saw of a message: found by the link where the context went along, else by the names that both ends have for it.
    /// </summary>
    public IEnumerable<TracedSpan> Peers(TracedSpan span) => _byLink[span.SpanId].Union(_byKey[KeyOf(span)]);

    /// <summary>A receiver's span.</summary>
    public static bool IsProcess(TracedSpan span) => span.Name.StartsWith(SpanNames.Process, StringComparison.Ordinal);

    /// <summary>Whether a sender's message is lost; or a receiver's, whose sender is not in the file.</summary>
    public bool IsLost(TracedSpan span)
    {
        if (!IsUnreliable(span))
            return false;
        if (IsProcess(span))
            return span.Error is not null && !IsSenderThere(span);
        return span.Error is null && (Peers(span).Any(peer => peer.Error is not null) || IsUnheard(span));
    }

    /// <summary>How a message ended that is lost.</summary>
    public ExplainedEnd EndOf(TracedSpan span)
    {
        var seen = IsProcess(span) ? span : Peers(span).FirstOrDefault(peer => peer.Error is not null);
        bool isWrite = span.Text(A.OperationName) == OperationNames.Write;
        bool isLong = span.Number(A.FirstPsn) != span.Number(A.LastPsn);
        if (seen is null)
        {
            return new ExplainedEnd(LossWords.Lost, true, false, StageNames.Receive, null, 0,
                "the receiver's responder has not seen it, though it has seen others: it was lost on the way, or an earlier stage has "
                    + "dropped it as damaged or for its keys",
                $"{MetricNames.StageDroppedItems} of the receiver by stage and reason, and a capture at both ends", "R-REQ-54")
            {
                Seen = LossWords.SeenOf(isWrite, isLong, DropReason.None),
            };
        }
        var reason = DropReasons.Find(seen.Text(A.ErrorType) ?? "");
        var words = FailureWords.OfLoss(reason);
        return new ExplainedEnd(
            seen.Text(A.ErrorType) ?? LossWords.Lost, true, true,
            seen.Text(A.FailureStage) ?? words.Stage, (uint?)seen.Number(A.FailurePsn), 0,
            seen.Text(A.FailureCause) ?? words.Cause, seen.Text(A.FailureAdvice) ?? words.Advice, words.Rule)
        {
            Seen = LossWords.SeenOf(isWrite, isLong, reason),
        };
    }

    private static Key KeyOf(TracedSpan span)
    {
        var (own, peer) = (span.Number(A.QueuePairNumber), span.Number(A.PeerQueuePairNumber));
        return IsProcess(span) ? new Key(peer, own, span.Number(A.FirstPsn)) : new Key(own, peer, span.Number(A.FirstPsn));
    }

    private static bool IsMessage(TracedSpan span) => span.Text(A.OperationName) is not null;

    private static bool IsUnreliable(TracedSpan span) => span.Text(A.Transport) is "uc" or "ud" && IsMessage(span);

    private bool IsSenderThere(TracedSpan span) =>
        span.Links.Append(span.ParentId).Any(_senders.Contains) || _sent.Contains(KeyOf(span));

    // Both ends choose the same messages: where the receiver has told of most of them, it would have told of this. Where it has not, the
    // listener has chosen among the spans.
    private bool IsUnheard(TracedSpan span)
    {
        if (Peers(span).Any())
            return false;
        var others = _heard[(KeyOf(span).Source, KeyOf(span).Destination)];
        return others.Count(isHeard => isHeard) * 2 > others.Count();
    }

    private readonly record struct Key(long? Source, long? Destination, long? First);
}

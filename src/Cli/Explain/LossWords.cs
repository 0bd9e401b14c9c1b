using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Explain;

/// <summary>What is said of a flow whose service sends nothing again.</summary>
internal static class LossWords
{
    /// <summary>The kind of the event that a message is lost.</summary>
    public const string Lost = "lost";

    private const string Unseen =
        "nothing is acknowledged on this service: what was lost behind the place of the capture cannot be seen in it";

    private const string Sender = "the sender's completion says only that the message was sent";

    /// <summary>How a flow ended.</summary>
    public static ExplainedEnd EndOf(MessageLedger messages)
    {
        var lost = messages.Lost;
        if (lost.Count > 0)
            return EndOf(lost, messages.Count);
        return messages.IsAllTaken
            ? ExplainedEnd.Done with { Cause = "the receiver took every packet" }
            : new ExplainedEnd("unknown", false, false, null, null, 0, Unseen, "", "R-REQ-54");
    }

    /// <summary>What the applications at both ends see of a message that is lost.</summary>
    /// <param name="isWrite">It is a WRITE, with an immediate or without.</param>
    /// <param name="isLong">It has several packets, the first of which may have come.</param>
    /// <param name="reason">Why it is lost.</param>
    public static string SeenOf(bool isWrite, bool isLong, DropReason reason)
    {
        string receiver = (isWrite, reason) switch
        {
            (true, DropReason.NoReceiveBuffer or DropReason.SrqEmpty) =>
                "the receiver's memory has the data, but no completion says so and the immediate is gone",
            (true, _) when isLong => "the receiver's memory has what came before the loss, and nothing says so",
            (true, _) => "nothing is written to the receiver's memory, and nothing says so",
            _ => "the receiver gets no completion: its receive waits for the next message",
        };
        string part = !isWrite && isLong ? ", and may have part of this one in its memory" : "";
        return $"{receiver}{part}; {Sender}";
    }

    private static ExplainedEnd EndOf(IReadOnlyList<SentMessage> lost, int count)
    {
        var (first, loss) = (lost[0], lost[0].Loss!);
        var words = FailureWords.OfLoss(loss.Reason);
        string share = $"{lost.Count} of {count} {(count == 1 ? "message" : "messages")} {(lost.Count == 1 ? "was" : "were")} lost";
        string which = lost.Count == 1 ? "" : ", the first because";
        var end = ExplainedEnd.Failure(words, loss.Psn.Value, attempts: 0, loss.IsCertain);
        return end with
        {
            Stage = loss.Stage ?? words.Stage,
            Cause = $"{share}{(which.Length > 0 ? which : ":")} {words.Cause}",
            Seen = SeenOf(first.IsWrite, first.First != first.Last, loss.Reason),
        };
    }
}

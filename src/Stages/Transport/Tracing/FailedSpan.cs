using System.Diagnostics;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>Says on a span what has failed, where, and why, so that nothing else has to be read to understand it.</summary>
internal static class FailedSpan
{
    /// <summary>A work request has failed.</summary>
    public static void Describe(Activity span, in SendEnd end)
    {
        var words = FailureWords.OfSend((int)end.Status);
        uint? psn = end.IsStarted ? PsnOf(end) : null;
        bool isOfPeer = end.Status is WorkCompletionStatus.RetryExceededError or WorkCompletionStatus.RnrRetryExceededError;
        Describe(span, words, psn, isOfPeer ? end.Retries : 0, isOfPeer ? end.RnrRetries : 0);
        if (!span.IsAllDataRequested)
            return;
        span.SetTag(AttributeNames.Retries, end.Retries);
        span.SetTag(AttributeNames.RnrRetries, end.RnrRetries);
    }

    /// <summary>A request of the peer was refused for good.</summary>
    public static void DescribeRefusal(Activity span, DropReason reason, uint psn) =>
        Describe(span, FailureWords.OfRefusal(reason), psn, retries: 0, rnrRetries: 0);

    /// <summary>A message of the peer is lost, on a service that sends nothing again.</summary>
    public static void DescribeLoss(Activity span, DropReason reason, uint psn) =>
        Describe(span, FailureWords.OfLoss(reason), psn, retries: 0, rnrRetries: 0);

    private static void Describe(Activity span, FailureWords words, uint? psn, int retries, int rnrRetries)
    {
        span.SetStatus(ActivityStatusCode.Error, words.Tell(psn, retries, rnrRetries));
        if (!span.IsAllDataRequested)
            return;
        span.SetTag(AttributeNames.ErrorType, words.ErrorType);
        span.SetTag(AttributeNames.FailureStage, words.Stage);
        span.SetTag(AttributeNames.FailureCause, words.Cause);
        span.SetTag(AttributeNames.FailureAdvice, words.Advice);
        if (psn is { } number)
            span.SetTag(AttributeNames.FailurePsn, (long)number);
    }

    // The oldest PSN without an answer where it is one of this message; a failure on this side has none of its own.
    private static uint PsnOf(in SendEnd end) =>
        MessageTracing.Covers(end.Start.Last, end.Unacknowledged) && MessageTracing.Covers(end.Unacknowledged, end.Start.First)
            ? end.Unacknowledged
            : end.Start.First;
}

namespace RdmaPipeline.Protocol;

/// <content>Sums over queue pairs: for those that are gone, and for parts of a life.</content>
public sealed partial class QueuePairCounters
{
    /// <summary>Adds all that another queue pair counted.</summary>
    /// <param name="other">What to add.</param>
    internal void Add(QueuePairCounters other) => Combine(other, 1);

    /// <summary>Takes away what was added before.</summary>
    /// <param name="other">What to take away.</param>
    internal void Subtract(QueuePairCounters other) => Combine(other, -1);

    private void Combine(QueuePairCounters other, int sign)
    {
        CombineScalars(other, sign);
        if (Volatile.Read(ref other._grouped) is { } grouped) Combine(Grouped, grouped, sign);
        if (Volatile.Read(ref other._failures) is { } failures) Combine(Failures, failures, sign);
    }

    private static void Combine(long[] counters, long[] others, int sign)
    {
        for (var i = 0; i < counters.Length; i++) counters[i] += sign * Volatile.Read(ref others[i]);
    }

    private void CombineScalars(QueuePairCounters other, int sign)
    {
        SentRequests += sign * other.SentRequests;
        SentResponses += sign * other.SentResponses;
        ReceivedRequests += sign * other.ReceivedRequests;
        ReceivedResponses += sign * other.ReceivedResponses;
        SentBytes += sign * other.SentBytes;
        ReceivedBytes += sign * other.ReceivedBytes;
        BegunBytes += sign * other.BegunBytes;
        EndedBytes += sign * other.EndedBytes;
        DuplicateRequest += sign * other.DuplicateRequest;
        OutOfSequenceRequest += sign * other.OutOfSequenceRequest;
        MergedAcks += sign * other.MergedAcks;
        RetryExceeded += sign * other.RetryExceeded;
        RnrRetryExceeded += sign * other.RnrRetryExceeded;
        Retries += sign * other.Retries;
        RdmaSends += sign * other.RdmaSends;
        RdmaReceives += sign * other.RdmaReceives;
        AckTimeouts += sign * other.AckTimeouts;
        ImpliedNaks += sign * other.ImpliedNaks;
    }
}

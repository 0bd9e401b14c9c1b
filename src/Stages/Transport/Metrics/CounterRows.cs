using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.ReceiveQueue;
using RdmaPipeline.Telemetry;
using A = RdmaPipeline.Telemetry.AttributeNames;
using M = RdmaPipeline.Telemetry.MetricNames;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>The metrics that queue pairs count, as rows of their counters: the one place where the two meet.</summary>
internal static class CounterRows
{
    private static readonly string[] NakCodes =
        ["rnr", "psn_sequence_error", "invalid_request", "remote_access", "remote_operational"];

    // By RetransmitReason.
    private static readonly string[] RetransmitReasons = ["ack_request", "timeout", "nak_sequence", "rnr", "implied_nak"];

    // Those faults that have to do with memory, and their names.
    private static readonly (RequestFault Fault, string Name)[] AccessErrors =
    [
        (RequestFault.NotPermitted, "not_permitted"), (RequestFault.RemoteAccess, "remote_access"),
        (RequestFault.Misaligned, "misaligned"), (RequestFault.MessageTooLong, "local_length"),
        (RequestFault.LocalProtection, "local_protection"), (RequestFault.MalformedReceive, "malformed_receive"),
        (RequestFault.InvalidateFailed, "invalidate_failed"),
    ];

    /// <summary>All of them, by metric.</summary>
    public static IReadOnlyList<(string Metric, CounterRow[] Rows)> All { get; } =
    [
        (M.WorkRequests, ByOperation(static c => c.WorkRequests)),
        (M.Packets, BothWays(static c => c.SentRequests + c.SentResponses, static c => c.ReceivedRequests + c.ReceivedResponses)),
        (M.Io, BothWays(static c => c.SentBytes, static c => c.ReceivedBytes)),
        (M.Retransmissions, Indexed(static c => c.Retransmissions, A.RetransmitReason, RetransmitReasons)),
        (M.Completions, Completions()),
        (M.Naks, [
            .. Indexed(static c => c.NaksSent, A.NakCode, NakCodes, Transmit),
            .. Indexed(static c => c.NaksReceived, A.NakCode, NakCodes, Receive),
        ]),
        (M.NaksImplied, One(static c => c.ImpliedNaks)),
        (M.AckTimeouts, One(static c => c.AckTimeouts)),
        (M.RetriesExhausted, [
            new(static c => c.RetryExceeded, true, new Tag(A.RetryKind, "transport")),
            new(static c => c.RnrRetryExceeded, true, new Tag(A.RetryKind, "rnr")),
        ]),
        (M.Requests, ByOperation(static c => c.Requests)),
        (M.Duplicates, One(static c => c.DuplicateRequest)),
        (M.OutOfSequence, One(static c => c.OutOfSequenceRequest)),
        (M.ReceiveBuffersMissing, Indexed(static c => c.MissingReceives, A.QueueKind, ["rq", "srq"])),
        (M.MemoryAccessErrors, [
            .. AccessErrors.Select(e => new CounterRow(c => c.RefusedRequests[(int)e.Fault], false, new Tag(A.ErrorType, e.Name))),
        ]),
        (M.Acks, [.. Acks(static c => c.AcksSent, Transmit), .. Acks(static c => c.AcksReceived, Receive)]),
    ];

    private static Tag Transmit => new(A.IoDirection, A.Transmit);

    private static Tag Receive => new(A.IoDirection, A.Receive);

    private static CounterRow[] One(Func<QueuePairCounters, long> read) => [new(read, true)];

    private static CounterRow[] BothWays(Func<QueuePairCounters, long> sent, Func<QueuePairCounters, long> received) =>
        [new(sent, true, Transmit), new(received, true, Receive)];

    private static CounterRow[] Indexed(Func<QueuePairCounters, CounterGroup> group, string attribute, string[] names, params Tag[] tags) =>
        [.. names.Select((name, i) => new CounterRow(c => group(c)[i], true, [.. tags, new Tag(attribute, name)]))];

    private static CounterRow[] Acks(Func<QueuePairCounters, CounterGroup> group, Tag direction) =>
    [
        new(c => group(c)[0], true, direction, new Tag(A.AckCoalesced, false)),
        new(c => group(c)[1], true, direction, new Tag(A.AckCoalesced, true)),
    ];

    private static CounterRow[] ByOperation(Func<QueuePairCounters, CounterGroup> group) =>
        [.. OperationNames.All.Select((name, i) => new CounterRow(c => group(c)[i], false, new Tag(A.OperationName, name)))];

    private static CounterRow[] Completions() =>
    [
        .. OperationNames.All.Select((_, i) => new CounterRow(c => c.Successes[i], false, Ended(i))),
        .. from i in Enumerable.Range(0, OperationNames.All.Length)
           from status in Enumerable.Range(1, QueuePairCounters.StatusCount - 1)
           select new CounterRow(
               c => c.FailuresOf(i, status), false, [.. Ended(i), new Tag(A.ErrorType, ErrorTypes.Name(status))]),
    ];

    private static Tag[] Ended(int operation) =>
    [
        new(A.OperationName, OperationNames.All[operation]),
        new(A.CompletionSide, operation == OperationIndex.Receive ? "receive" : "send"),
    ];
}

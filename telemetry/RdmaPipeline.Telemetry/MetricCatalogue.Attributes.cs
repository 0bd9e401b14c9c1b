using System.Collections.Immutable;
using A = RdmaPipeline.Telemetry.AttributeNames;

namespace RdmaPipeline.Telemetry;

/// <content>What the attributes say.</content>
public static partial class MetricCatalogue
{
    /// <summary>The attributes of all metrics.</summary>
    public static ImmutableArray<AttributeDescription> Attributes { get; } =
    [
        new(A.DeviceName, "The device. On every metric.", []),
        new(A.GraphName, "The graph; a device has one, with the name of its back-end.", []),
        new(A.StageName, "The stage's name in the graph; on shards but the first with the shard's number.", []),
        new(A.StageType, "The stage's class.", []),
        new(A.StagePort, "The input of a stage.", []),
        new(A.Outcome, "What became of an item. What an edge has no room for is offered again, and in `rdma.link.refused.offers`.",
            ["success", "failure"]),
        new(A.BlockedReason, "What a stage waits for.", Names(BlockedReasons.Count, r => BlockedReasons.Name((BlockedReason)r))),
        new(A.DropReason, "Why an item was lost.", [.. Names(DropReasons.Count, r => DropReasons.Name((DropReason)r)).Skip(1)]),
        new(A.DropIntentional, "Whether that was somebody's decision.", ["true", "false"]),
        new(A.LinkSource, "The stage and port that an edge starts at.", []),
        new(A.LinkTarget, "The stage that an edge ends at.", []),
        new(A.ReconfigurationOutcome, "How a change of a graph ended.", Names(ReconfigurationMeter.Outcomes, ReconfigurationMeter.NameOf)),
        new(A.IoDirection, "Which way.", [A.Transmit, A.Receive]),
        new(A.OperationName, "What a work request or a request does.", OperationNames.All),
        new(A.Transport, "The transport service; special queue pairs send datagrams.", ["rc", "uc", "ud", "xrc"]),
        new(A.RetransmitReason, "Why packets were sent again.", ["timeout", "nak_sequence", "rnr", "implied_nak", "ack_request"]),
        new(A.CompletionSide, "Which queue completed.", ["send", "receive"]),
        new(A.ErrorType, "How it failed. Of completions: the status. Of stages: the type of the exception.", []),
        new(A.NakCode, "What a negative acknowledgement says.",
            ["rnr", "psn_sequence_error", "invalid_request", "remote_access", "remote_operational"]),
        new(A.RetryKind, "Which retries.", ["transport", "rnr"]),
        new(A.QueueKind, "Whose receives.", ["rq", "srq"]),
        new(A.AckCoalesced, "Whether an acknowledgement stands for several.", ["true", "false"]),
        new(A.BackendType, "The kind of back-end.", []),
        new(A.QueuePairState, "The state of a queue pair.", ["reset", "init", "rtr", "rts", "sqd", "sqe", "error"]),
        new(A.QueuePairNumber,
            "The queue pair; `closed`: all that are gone, so that sums only grow; `other`: all that are not shown by themselves.", []),
        new(A.PeerAddress, "The peer; `closed`: those that no queue pair is left for; `none`: queue pairs without one.", []),
    ];

    private static ImmutableArray<string> Names(int count, Func<int, string> name) => [.. Enumerable.Range(0, count).Select(name)];
}

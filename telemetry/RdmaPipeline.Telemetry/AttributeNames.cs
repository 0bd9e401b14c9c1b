namespace RdmaPipeline.Telemetry;

/// <summary>The names of all metric and span attributes.</summary>
public static class AttributeNames
{
    /// <summary>The device a measurement belongs to.</summary>
    public const string DeviceName = "rdma.device.name";

    /// <summary>The graph a measurement belongs to.</summary>
    public const string GraphName = "rdma.graph.name";

    /// <summary>The stage's name, one list everywhere: <c>decode</c>, <c>requester</c>, …</summary>
    public const string StageName = "rdma.stage.name";

    /// <summary>The stage's type.</summary>
    public const string StageType = "rdma.stage.type";

    /// <summary>The input port of a stage.</summary>
    public const string StagePort = "rdma.stage.port";

    /// <summary>Why items were dropped: a name of <see cref="DropReasons"/>.</summary>
    public const string DropReason = "rdma.drop.reason";

    /// <summary>Whether the drop was somebody's decision.</summary>
    public const string DropIntentional = "rdma.drop.intentional";

    /// <summary>Why a stage is blocked.</summary>
    public const string BlockedReason = "rdma.blocked.reason";

    /// <summary>The stage, and port, an edge starts at.</summary>
    public const string LinkSource = "rdma.link.source";

    /// <summary>The stage an edge ends at.</summary>
    public const string LinkTarget = "rdma.link.target";

    /// <summary>How a change of a graph ended: <c>applied</c>, <c>rejected</c> or <c>rolled_back</c>.</summary>
    public const string ReconfigurationOutcome = "rdma.reconfiguration.outcome";

    /// <summary>What a change of a graph changes, in words.</summary>
    public const string ReconfigurationDiff = "rdma.reconfiguration.diff";

    /// <summary>Items that were under way where a graph changed, and went on first.</summary>
    public const string ReconfigurationDrainedItems = "rdma.reconfiguration.drained.items";

    /// <summary>How long something stood still for a change of a graph, in seconds.</summary>
    public const string ReconfigurationPause = "rdma.reconfiguration.pause";

    /// <summary>The revision a change of a graph started from.</summary>
    public const string GraphRevisionOld = "rdma.graph.revision.old";

    /// <summary>The revision a change of a graph led to, or would have.</summary>
    public const string GraphRevisionNew = "rdma.graph.revision.new";

    /// <summary>The kind of error, of low cardinality.</summary>
    public const string ErrorType = "error.type";

    /// <summary><see cref="Transmit"/> or <see cref="Receive"/>.</summary>
    public const string IoDirection = "network.io.direction";

    /// <summary>The direction of what leaves.</summary>
    public const string Transmit = "transmit";

    /// <summary>The direction of what arrives.</summary>
    public const string Receive = "receive";

    /// <summary>The type of a back-end: <c>mem</c>, <c>udp</c>, …</summary>
    public const string BackendType = "rdma.backend.type";

    /// <summary>What a work request or a message does: a name of <see cref="OperationNames"/>.</summary>
    public const string OperationName = "rdma.operation.name";

    /// <summary>The transport service: <c>rc</c>, <c>uc</c>, <c>ud</c>, <c>xrc</c>.</summary>
    public const string Transport = "rdma.transport";

    /// <summary>The number of the queue pair on this side. Of spans; of metrics only where it was asked for.</summary>
    public const string QueuePairNumber = "rdma.qp.number";

    /// <summary>The number of the peer's queue pair.</summary>
    public const string PeerQueuePairNumber = "rdma.peer.qp.number";

    /// <summary>The PSN of an event.</summary>
    public const string PacketPsn = "rdma.psn";

    /// <summary>The PSN of the first packet of a message.</summary>
    public const string FirstPsn = "rdma.psn.first";

    /// <summary>The PSN of the last packet of a message, or of the last answer to it.</summary>
    public const string LastPsn = "rdma.psn.last";

    /// <summary>Bytes of a message.</summary>
    public const string MessageSize = "rdma.message.size";

    /// <summary>
    /// The number by which both ends of a connection know a message: SSN and MSN of a reliable service, the first PSN of the others.
    /// </summary>
    public const string MessageSequence = "rdma.message.sequence";

    /// <summary>The id that the user gave to a work request.</summary>
    public const string WorkRequestId = "rdma.work_request.id";

    /// <summary>Whether the sampler chose the message; false for a failure that is traced after the fact.</summary>
    public const string Sampled = "rdma.trace.sampled";

    /// <summary>Packets of a message that a stage worked on.</summary>
    public const string Packets = "rdma.packets.count";

    /// <summary>Bursts that held them.</summary>
    public const string Bursts = "rdma.bursts.count";

    /// <summary>Packets of a message that were sent again.</summary>
    public const string Retransmissions = "rdma.retransmit.count";

    /// <summary>Why a packet was sent again: <c>timeout</c>, <c>nak_sequence</c>, <c>rnr</c>, <c>implied_nak</c>.</summary>
    public const string RetransmitReason = "rdma.retransmit.reason";

    /// <summary>
    /// What a negative acknowledgement says: <c>rnr</c>, <c>psn_sequence_error</c>, <c>invalid_request</c>, <c>remote_access</c>,
    /// <c>remote_operational</c>.
    /// </summary>
    public const string NakCode = "rdma.nak.code";

    /// <summary>How long the receiver asks to be left alone, in seconds.</summary>
    public const string RnrTimer = "rdma.rnr.timer";

    /// <summary>Events that a span had no room for.</summary>
    public const string DroppedEvents = "rdma.events.dropped";

    /// <summary>The stage that a work request failed in.</summary>
    public const string FailureStage = "rdma.failure.stage";

    /// <summary>The PSN that a work request failed at.</summary>
    public const string FailurePsn = "rdma.failure.psn";

    /// <summary>Why a work request failed, in words.</summary>
    public const string FailureCause = "rdma.failure.cause";

    /// <summary>What to look at when it did.</summary>
    public const string FailureAdvice = "rdma.failure.advice";

    /// <summary>Retries that were spent on it.</summary>
    public const string Retries = "rdma.retries";

    /// <summary>Waits for the receiver that were spent on it.</summary>
    public const string RnrRetries = "rdma.rnr.retries";

    /// <summary>The revision of the graph a message went through.</summary>
    public const string GraphRevision = MetricNames.GraphRevision;

    /// <summary>The state a queue pair came to.</summary>
    public const string QueuePairState = "rdma.qp.state";

    /// <summary>The payload of a full packet, in bytes.</summary>
    public const string PathMtu = "rdma.path.mtu";

    /// <summary>The address of the peer.</summary>
    public const string PeerAddress = "network.peer.address";

    /// <summary>The UDP port of the peer.</summary>
    public const string PeerPort = "network.peer.port";

    /// <summary>What became of an item in a stage: <c>success</c> or <c>failure</c>.</summary>
    public const string Outcome = "rdma.stage.outcome";

    /// <summary><c>send</c> or <c>receive</c>.</summary>
    public const string CompletionSide = "rdma.completion.side";

    /// <summary>Which retries: <c>transport</c> or <c>rnr</c>.</summary>
    public const string RetryKind = "rdma.retry.kind";

    /// <summary>Whose receives: <c>rq</c> or <c>srq</c>.</summary>
    public const string QueueKind = "rdma.queue.kind";

    /// <summary>Whether an acknowledgement stands for several.</summary>
    public const string AckCoalesced = "rdma.ack.coalesced";
}

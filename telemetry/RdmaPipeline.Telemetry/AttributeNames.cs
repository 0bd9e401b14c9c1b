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

    /// <summary>The upper bound, inclusive, of a burst-size bucket.</summary>
    public const string BurstSizeBound = "rdma.burst.size.le";

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

    /// <summary>The kind of error, of low cardinality.</summary>
    public const string ErrorType = "error.type";

    /// <summary><c>transmit</c> or <c>receive</c>.</summary>
    public const string IoDirection = "network.io.direction";

    /// <summary>The type of a back-end: <c>mem</c>, <c>udp</c>, …</summary>
    public const string BackendType = "rdma.backend.type";
}

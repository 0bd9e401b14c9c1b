namespace RdmaPipeline.Telemetry;

/// <summary>The names of the events on the span of a message.</summary>
public static class SpanEventNames
{
    /// <summary>A packet was sent again.</summary>
    public const string Retransmit = "rdma.retransmit";

    /// <summary>A negative acknowledgement was received, or sent.</summary>
    public const string Nak = "rdma.nak";

    /// <summary>The receiver was not ready: the sender waits.</summary>
    public const string RnrWait = "rdma.rnr_wait";

    /// <summary>A packet was dropped.</summary>
    public const string Drop = "rdma.drop";

    /// <summary>A packet came marked: some switch on its way is congested.</summary>
    public const string EcnMark = "rdma.ecn_mark";
}

namespace RdmaPipeline.Verbs;

/// <summary>How <see cref="QueuePair.ConnectTo"/> connects. The defaults suit a data centre.</summary>
public sealed record ConnectOptions
{
    /// <summary>The local port.</summary>
    public int Port { get; init; } = 1;

    /// <summary>Index into the P_Key table of the port.</summary>
    public int PkeyIndex { get; init; }

    /// <summary>Which entry of the GID table is the source; by default the first one of the family of the peer's GID.</summary>
    public int? SourceGidIndex { get; init; }

    /// <summary>
    /// Packets carry a global route header. By default they do on RoCE, which needs it, and do not on native InfiniBand, where only another
    /// subnet does.
    /// </summary>
    public bool? IsGlobal { get; init; }

    /// <summary>The largest payload of a packet; by default the active MTU of the port.</summary>
    public PathMtu? PathMtu { get; init; }

    /// <summary>What the peer may do; each region has its own rights besides.</summary>
    public AccessFlags Access { get; init; } =
        AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic
        | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    /// <summary>Timeout code, 0 to 31; 14 is 67 ms.</summary>
    public int Timeout { get; init; } = 14;

    /// <summary>Transport retries, 0 to 7.</summary>
    public int RetryCount { get; init; } = 7;

    /// <summary>Receiver-not-ready retries, 0 to 7; 7 is for ever.</summary>
    public int RnrRetry { get; init; } = 7;

    /// <summary>Code of the wait asked of the peer when no receive is posted, 0 to 31; 12 is 0.64 ms.</summary>
    public int MinRnrTimer { get; init; } = 12;

    /// <summary>Reads and atomics this side may have outstanding; at most what the peer keeps.</summary>
    public int MaxReadAtomic { get; init; } = 16;

    /// <summary>Reads and atomics of the peer that this side keeps; at least what the peer may have outstanding.</summary>
    public int MaxDestinationReadAtomic { get; init; } = 16;

    /// <summary>Hops until a packet is discarded.</summary>
    public byte HopLimit { get; init; } = 64;

    /// <summary>Traffic class (DSCP and ECN).</summary>
    public byte TrafficClass { get; init; }

    /// <summary>IPv6 flow label, 20 bits.</summary>
    public uint FlowLabel { get; init; }

    /// <summary>Service level, 0 to 15.</summary>
    public byte ServiceLevel { get; init; }
}

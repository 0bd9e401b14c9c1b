using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>
/// How a queue pair machine behaves where the standard leaves a choice, and the limits of the device that attributes are checked against.
/// </summary>
public sealed record QueuePairOptions
{
    /// <summary>The defaults.</summary>
    public static QueuePairOptions Default { get; } = new();

    /// <summary>
    /// Unacknowledged request data allowed, in bytes; the window in PSNs is this over the path MTU, at least 128 and at most 2048
    /// (R-REQ-4).
    /// </summary>
    public int RequestWindowBytes { get; init; } = 512 * 1024;

    /// <summary>Every how many packets without AckReq a FIRST or MIDDLE packet asks for an acknowledgement; 1 to 128 (R-REQ-15).</summary>
    public int AckRequestInterval { get; init; } = 66;

    /// <summary>
    /// True (the default): every last packet of a message asks for an acknowledgement (R-REQ-15). False: only where nothing else can follow
    /// at once, or the interval is reached, which is all that R-REQ-14 asks.
    /// </summary>
    public bool AckRequestOnEveryMessage { get; init; } = true;

    /// <summary>Take a retry count of 7 as infinite, as Linux Soft-RoCE does; otherwise 7 means seven (R-REQ-41).</summary>
    public bool Retry7IsInfinite { get; init; }

    /// <summary>Tell the peer that there is always a receive work request (credit code 0x1F), as Linux Soft-RoCE does (R-REQ-19).</summary>
    public bool AdvertiseUnlimitedCredits { get; init; }

    /// <summary>What carries the packets: only native InfiniBand has paths without a GRH (R-BE-51).</summary>
    public LinkLayer LinkLayer { get; init; } = LinkLayer.Ethernet;

    /// <summary>The ports of the device, numbered from 1.</summary>
    public int PortCount { get; init; } = 1;

    /// <summary>Entries of the P_Key table.</summary>
    public int PartitionKeyTableLength { get; init; } = 1;

    /// <summary>Entries of the GID table.</summary>
    public int GidTableLength { get; init; } = 1024;

    /// <summary>The largest path MTU of the active port, in bytes (256 to 4096).</summary>
    public int ActiveMtuBytes { get; init; } = 4096;

    /// <summary>The largest max_rd_atomic (max_qp_init_rd_atom) and max_dest_rd_atomic (max_qp_rd_atom).</summary>
    public int MaxReadAtomicDepth { get; init; } = 128;
}

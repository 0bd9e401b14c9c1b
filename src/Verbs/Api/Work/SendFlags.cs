namespace RdmaPipeline.Verbs;

/// <summary>Options of a send work request, with the bits of the standard.</summary>
[Flags]
public enum SendFlags
{
    /// <summary>No option.</summary>
    None = 0,
    /// <summary>Waits for all earlier reads and atomics of the queue pair (R-REQ-29).</summary>
    Fence = 1,
    /// <summary>Makes a completion also on success (R-CQ-12).</summary>
    Signaled = 2,
    /// <summary>Wakes a peer who armed its completion queue for solicited completions.</summary>
    Solicited = 4,
    /// <summary>Copies the data when it is posted; its memory may be reused at once and needs no key (R-REQ-12).</summary>
    Inline = 8,
    /// <summary>Checksum offload (datagram and raw packets).</summary>
    IpChecksum = 16,
}

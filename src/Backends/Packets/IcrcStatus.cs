namespace RdmaPipeline.Backends.Packets;

/// <summary>What is known about a received packet's invariant CRC (R-WIRE-23, R-BE-31).</summary>
public enum IcrcStatus : byte
{
    /// <summary>Nobody looked at it yet.</summary>
    Unchecked,

    /// <summary>All 32 bits were proven.</summary>
    Valid32,

    /// <summary>
    /// The IPv4 Identification was recovered from the CRC itself, which leaves 16 bits of proof (R-BE-31).
    /// </summary>
    Valid16,

    /// <summary>The medium vouches for the bytes: the back-end announces ICRC as offloaded.</summary>
    Offloaded,

    /// <summary>The CRC is wrong: the packet must be dropped silently (R-WIRE-23).</summary>
    Invalid,
}

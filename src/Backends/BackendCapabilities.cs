namespace RdmaPipeline.Backends;

/// <summary>Optional abilities of a back-end; the transport uses one only if its bit is announced (R-BE-6).</summary>
[Flags]
public enum BackendCapabilities
{
    /// <summary>Only the mandatory operations.</summary>
    None = 0,

    /// <summary>The back-end makes the ICRC itself or needs none: the codec leaves 4 bytes.</summary>
    IcrcTransmitOffload = 1,

    /// <summary>The back-end vouches for received bytes: no ICRC check.</summary>
    IcrcReceiveOffload = 2,

    /// <summary>One send carries a run of equal packets.</summary>
    Segmentation = 4,

    /// <summary>One receive delivers a run of equal packets.</summary>
    Coalescing = 8,

    /// <summary>Receivers see the whole IP header, so that every ICRC is checked with all 32 bits.</summary>
    IdentificationVisible = 16,

    /// <summary>The back-end makes the VCRC of native InfiniBand itself or needs none: the codec leaves 2 bytes.</summary>
    VcrcTransmitOffload = 32,

    /// <summary>The back-end vouches for received native frames: no VCRC check.</summary>
    VcrcReceiveOffload = 64,

    /// <summary>The back-end filters multicast: it delivers only the groups it was told to join (R-BE-36).</summary>
    Multicast = 128,

    /// <summary>The port can be taken down and up with <see cref="IPacketBackend.SetPortState"/>.</summary>
    PortControl = 1 << 8,

    /// <summary>The back-end wants to hear of a changed capability mask: <see cref="IPacketBackend.CapabilityMaskChanged"/>.</summary>
    CapabilityMaskEvents = 1 << 9,

    /// <summary>The port answers management datagrams itself (R-BE-53): <see cref="IPacketBackend.ManagementAgents"/>.</summary>
    Management = 1 << 10,
}

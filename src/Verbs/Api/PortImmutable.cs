namespace RdmaPipeline.Verbs;

/// <summary>What holds for a port as long as its device is open.</summary>
public sealed record PortImmutable
{
    /// <summary>The protocols the port speaks.</summary>
    public PortCoreCapabilities Core { get; init; }

    /// <summary>Slots of the GID table.</summary>
    public int GidTableLength { get; init; }

    /// <summary>Entries of the P_Key table.</summary>
    public int PkeyTableLength { get; init; }

    /// <summary>Bytes of the longest management datagram.</summary>
    public int MaxManagementDatagram { get; init; } = 256;
}

namespace RdmaPipeline.Verbs;

/// <summary>What a port is and how it is doing.</summary>
public sealed record PortAttributes
{
    /// <summary>The logical state.</summary>
    public PortState State { get; init; } = PortState.Down;

    /// <summary>The physical state.</summary>
    public PortPhysicalState PhysicalState { get; init; } = PortPhysicalState.Disabled;

    /// <summary>What carries the packets.</summary>
    public LinkLayer LinkLayer { get; init; } = LinkLayer.Ethernet;

    /// <summary>The largest MTU the port could use.</summary>
    public PathMtu MaxMtu { get; init; } = PathMtu.Mtu4096;

    /// <summary>The MTU in force: no queue pair may exceed it.</summary>
    public PathMtu ActiveMtu { get; init; } = PathMtu.Mtu1024;

    /// <summary>Slots of the GID table.</summary>
    public int GidTableLength { get; init; } = 1024;

    /// <summary>Entries of the P_Key table.</summary>
    public int PkeyTableLength { get; init; } = 1;

    /// <summary>The longest message in bytes.</summary>
    public ulong MaxMessageSize { get; init; } = 1UL << 31;

    /// <summary>Capability bits of the port; bit 16 says that it has a connection manager.</summary>
    public uint CapabilityFlags { get; init; } = 1 << 16;

    /// <summary>Packets with a bad P_Key.</summary>
    public uint BadPkeyCount { get; init; }

    /// <summary>Packets with a bad Q_Key.</summary>
    public uint BadQkeyCount { get; init; }

    /// <summary>The local identifier; 0 on Ethernet.</summary>
    public ushort Lid { get; init; }

    /// <summary>The identifier of the subnet manager; 0 on Ethernet.</summary>
    public ushort SubnetManagerLid { get; init; }

    /// <summary>How many low bits of the LID are path bits.</summary>
    public int LidMaskControl { get; init; }

    /// <summary>Virtual lanes.</summary>
    public int MaxVirtualLanes { get; init; } = 1;

    /// <summary>Width code: 1, 2, 4, 8 for 1, 4, 8, 12 lanes.</summary>
    public int ActiveWidth { get; init; } = 1;

    /// <summary>Speed code of one lane.</summary>
    public int ActiveSpeed { get; init; } = 1;
}

using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Management;

/// <summary>The attribute PortInfo of subnet management: what a port of one lane is, and what a subnet manager may change of it.</summary>
internal readonly record struct PortInfo
{
    public ulong ManagementKey { get; init; }

    public ulong GidPrefix { get; init; }

    public ushort Lid { get; init; }

    public ushort ManagerLid { get; init; }

    public uint CapabilityMask { get; init; }

    public byte LocalPort { get; init; }

    /// <summary>0 in a Set: no change.</summary>
    public byte LinkWidthEnabled { get; init; }

    /// <summary>0 in a Set: no change.</summary>
    public byte State { get; init; }

    /// <summary>0 in a Set: no change.</summary>
    public byte PhysicalState { get; init; }

    public byte ProtectBits { get; init; }

    public byte LidMaskControl { get; init; }

    /// <summary>0 in a Set: no change.</summary>
    public byte LinkSpeedEnabled { get; init; }

    public byte NeighborMtu { get; init; }

    public byte ManagerServiceLevel { get; init; }

    public byte MtuCapability { get; init; }

    /// <summary>0 in a Set: no change.</summary>
    public byte OperationalLanes { get; init; }

    public ushort PartitionKeyViolations { get; init; }

    public ushort QueueKeyViolations { get; init; }

    public byte GuidCapability { get; init; }

    public bool ClientReregister { get; init; }

    public byte SubnetTimeout { get; init; }

    /// <summary>From how many local errors on the port would tell: two numbers of 4 bits.</summary>
    public byte ErrorThresholds { get; init; }

    /// <summary>The only width, lane and speed there are: one lane of 2.5 Gbit/s.</summary>
    public const byte Single = 1;

    /// <summary>The physical state of a link that looks for its other end.</summary>
    public const byte Polling = 2;

    /// <summary>The physical state of a link that has found it.</summary>
    public const byte LinkUp = 5;

    private const byte ResponseTime = 18;

    public static PortInfo Read(ReadOnlySpan<byte> data) => new()
    {
        ManagementKey = BinaryPrimitives.ReadUInt64BigEndian(data),
        GidPrefix = BinaryPrimitives.ReadUInt64BigEndian(data[8..]),
        Lid = BinaryPrimitives.ReadUInt16BigEndian(data[16..]),
        ManagerLid = BinaryPrimitives.ReadUInt16BigEndian(data[18..]),
        CapabilityMask = BinaryPrimitives.ReadUInt32BigEndian(data[20..]),
        LocalPort = data[28],
        LinkWidthEnabled = data[29],
        State = (byte)(data[32] & 0xF),
        PhysicalState = (byte)(data[33] >> 4),
        ProtectBits = (byte)(data[34] >> 6),
        LidMaskControl = (byte)(data[34] & 7),
        LinkSpeedEnabled = (byte)(data[35] & 0xF),
        NeighborMtu = (byte)(data[36] >> 4),
        ManagerServiceLevel = (byte)(data[36] & 0xF),
        MtuCapability = (byte)(data[41] & 0xF),
        OperationalLanes = (byte)(data[43] >> 4),
        PartitionKeyViolations = BinaryPrimitives.ReadUInt16BigEndian(data[46..]),
        QueueKeyViolations = BinaryPrimitives.ReadUInt16BigEndian(data[48..]),
        GuidCapability = data[50],
        ClientReregister = (data[51] & 0x80) != 0,
        SubnetTimeout = (byte)(data[51] & 0x1F),
        ErrorThresholds = data[53],
    };

    public void Write(Span<byte> data)
    {
        data.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(data, ManagementKey);
        BinaryPrimitives.WriteUInt64BigEndian(data[8..], GidPrefix);
        BinaryPrimitives.WriteUInt16BigEndian(data[16..], Lid);
        BinaryPrimitives.WriteUInt16BigEndian(data[18..], ManagerLid);
        BinaryPrimitives.WriteUInt32BigEndian(data[20..], CapabilityMask);
        data[28] = LocalPort;

        // Enabled, supported and active width; supported speed beside the state, active and enabled speed.
        (data[29], data[30], data[31]) = (LinkWidthEnabled, Single, Single);
        data[32] = (byte)((Single << 4) | State);
        data[33] = (byte)(PhysicalState << 4);
        data[34] = (byte)((ProtectBits << 6) | LidMaskControl);
        data[35] = (byte)((Single << 4) | LinkSpeedEnabled);
        data[36] = (byte)((NeighborMtu << 4) | ManagerServiceLevel);
        data[37] = Single << 4;
        data[41] = MtuCapability;
        data[43] = (byte)(OperationalLanes << 4);
        BinaryPrimitives.WriteUInt16BigEndian(data[46..], PartitionKeyViolations);
        BinaryPrimitives.WriteUInt16BigEndian(data[48..], QueueKeyViolations);
        data[50] = GuidCapability;
        data[51] = (byte)((ClientReregister ? 0x80 : 0) | SubnetTimeout);
        data[52] = ResponseTime;
        data[53] = ErrorThresholds;
    }
}

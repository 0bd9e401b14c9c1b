using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Management;

/// <summary>The attribute NodeInfo of subnet management: what a node is, and the port that was asked.</summary>
internal readonly record struct NodeInfo
{
    private const byte AdapterType = 1;
    private const byte SwitchType = 2;

    public byte Type { get; init; }

    public byte Ports { get; init; }

    public ulong SystemImageGuid { get; init; }

    public ulong NodeGuid { get; init; }

    public ulong PortGuid { get; init; }

    public ushort PartitionCapacity { get; init; }

    public ushort DeviceId { get; init; }

    public uint Revision { get; init; }

    public byte LocalPort { get; init; }

    public uint VendorId { get; init; }

    /// <summary>A device with one port.</summary>
    public static NodeInfo Adapter(IManagedPort port) => new()
    {
        Type = AdapterType,
        Ports = 1,
        SystemImageGuid = port.SystemImageGuid,
        NodeGuid = port.NodeGuid,
        PortGuid = port.PortGuid,
        PartitionCapacity = (ushort)port.PartitionKeyCount,
        DeviceId = port.DeviceId,
        Revision = port.Revision,
        LocalPort = 1,
        VendorId = port.VendorId,
    };

    /// <summary>A switch.</summary>
    /// <param name="guid">Its GUID.</param>
    /// <param name="ports">Its ports, without the one it manages itself by.</param>
    /// <param name="arrival">The port that was asked.</param>
    public static NodeInfo Switch(ulong guid, byte ports, byte arrival) => new()
    {
        Type = SwitchType, Ports = ports, SystemImageGuid = guid, NodeGuid = guid, PortGuid = guid, PartitionCapacity = 1,
        LocalPort = arrival,
    };

    public MadStatus Write(Span<byte> data)
    {
        data.Clear();
        (data[0], data[1], data[2], data[3]) = (MadHeader.Version, MadHeader.Version, Type, Ports);
        BinaryPrimitives.WriteUInt64BigEndian(data[4..], SystemImageGuid);
        BinaryPrimitives.WriteUInt64BigEndian(data[12..], NodeGuid);
        BinaryPrimitives.WriteUInt64BigEndian(data[20..], PortGuid);
        BinaryPrimitives.WriteUInt16BigEndian(data[28..], PartitionCapacity);
        BinaryPrimitives.WriteUInt16BigEndian(data[30..], DeviceId);
        BinaryPrimitives.WriteUInt32BigEndian(data[32..], Revision);
        BinaryPrimitives.WriteUInt32BigEndian(data[36..], ((uint)LocalPort << 24) | (VendorId & 0xFF_FFFF));
        return MadStatus.Success;
    }
}

using System.Buffers.Binary;
using System.Text.Unicode;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.NativeIb;

namespace RdmaPipeline.Backends.Management;

/// <summary>
/// The subnet management agent of a native port: answers Get and Set on queue pair 0, routed by LID or directed (R-BE-53). NodeDescription,
/// NodeInfo, GUIDInfo, PortInfo and P_KeyTable are its attributes; SMInfo is the user's, who may be a subnet manager.
/// </summary>
/// <param name="link">The link that a subnet manager configures.</param>
public sealed class SubnetManagementAgent(ISubnetLink link) : IManagementAgent
{
    private const byte ClassVersion = 1;
    private const int DataOffset = 64;
    private const int DataLength = 64;
    private const int KeysPerBlock = DataLength / sizeof(ushort);
    private const ushort ManagerInfo = 0x20;

    private readonly PortInfoAttribute _portInfo = new(link);

    /// <inheritdoc/>
    public bool Takes(uint queuePair, ReadOnlySpan<byte> request, bool isAlone) =>
        queuePair == 0 && MadHeader.TryParse(request, out var header)
        && header.ManagementClass is ManagementClass.Subnet or ManagementClass.SubnetDirectedRoute
        && header.IsRequest && (isAlone || header.Attribute != ManagerInfo);

    /// <inheritdoc/>
    public void Process(IManagedPort port, ReadOnlySpan<byte> request, Span<byte> response)
    {
        ArgumentNullException.ThrowIfNull(port);
        request.CopyTo(response);
        if (!MadHeader.TryParse(request, out var header))
            throw new ArgumentException($"A datagram of {request.Length} bytes is none of this agent's.", nameof(request));
        var data = response.Slice(DataOffset, DataLength);
        var status = header.ClassVersion == ClassVersion ? Execute(port, header, data) : MadStatus.BadVersion;
        header.Answer(status).Write(response);
    }

    private MadStatus Execute(IManagedPort port, in MadHeader header, Span<byte> data) => (header.Attribute, header.Method) switch
    {
        (0x10, ManagementMethod.Get) => Describe(port, data),
        (0x11, ManagementMethod.Get) => NodeInfo.Adapter(port).Write(data),
        (0x14, ManagementMethod.Get) => ReadGuids(port, header.AttributeModifier, data),
        (0x14, ManagementMethod.Set) => KeepGuids(port, header.AttributeModifier, data),
        (0x15, ManagementMethod.Get) => _portInfo.Read(port, header.AttributeModifier, data),
        (0x15, ManagementMethod.Set) => _portInfo.Change(port, header.AttributeModifier, data),
        (0x16, ManagementMethod.Get) => ReadKeys(port, header.AttributeModifier, data),
        (0x16, ManagementMethod.Set) => ChangeKeys(port, header.AttributeModifier, data),
        _ => MadStatus.UnsupportedAttribute,
    };

    private static MadStatus Describe(IManagedPort port, Span<byte> data)
    {
        data.Clear();
        Utf8.FromUtf16(port.NodeDescription, data, out _, out _);
        return MadStatus.Success;
    }

    private static MadStatus ReadGuids(IManagedPort port, uint block, Span<byte> data)
    {
        if (block >= PortInfoAttribute.GuidCapability / PortInfoAttribute.GuidsPerBlock)
            return MadStatus.InvalidValue;
        for (var i = 0; i < PortInfoAttribute.GuidsPerBlock; i++)
        {
            var gid = port.FindGid(((int)block * PortInfoAttribute.GuidsPerBlock) + i);
            var isOfSubnet = (ulong)(gid >> 64) == GidAddress.LinkLocalPrefix;
            BinaryPrimitives.WriteUInt64BigEndian(data[(sizeof(ulong) * i)..], isOfSubnet ? (ulong)gid : 0);
        }

        return MadStatus.Success;
    }

    // A port of the fabric gets its addresses from its owner: a Set that would change one is refused.
    private static MadStatus KeepGuids(IManagedPort port, uint block, Span<byte> data)
    {
        Span<byte> asked = stackalloc byte[DataLength];
        data.CopyTo(asked);
        var status = ReadGuids(port, block, data);
        return status == MadStatus.Success && !data.SequenceEqual(asked) ? MadStatus.InvalidValue : status;
    }

    private static MadStatus ReadKeys(IManagedPort port, uint block, Span<byte> data)
    {
        if (block * (ulong)KeysPerBlock >= (ulong)port.PartitionKeyCount)
            return MadStatus.InvalidValue;
        for (var i = 0; i < KeysPerBlock; i++)
        {
            var index = ((int)block * KeysPerBlock) + i;
            var key = index < port.PartitionKeyCount ? port.FindPartitionKey(index) : (ushort)0;
            BinaryPrimitives.WriteUInt16BigEndian(data[(sizeof(ushort) * i)..], key);
        }

        return MadStatus.Success;
    }

    // All or nothing: a key for an entry that the table does not have leaves it as it is.
    private static MadStatus ChangeKeys(IManagedPort port, uint block, Span<byte> data)
    {
        Span<byte> asked = stackalloc byte[DataLength];
        data.CopyTo(asked);
        var status = ReadKeys(port, block, data);
        if (status != MadStatus.Success)
            return status;
        var first = (int)block * KeysPerBlock;
        var entries = Math.Min(KeysPerBlock, port.PartitionKeyCount - first);
        if (asked[(sizeof(ushort) * entries)..].ContainsAnyExcept((byte)0))
            return MadStatus.InvalidValue;
        for (var i = 0; i < entries; i++)
            port.SetPartitionKey(first + i, BinaryPrimitives.ReadUInt16BigEndian(asked[(sizeof(ushort) * i)..]));
        return ReadKeys(port, block, data);
    }
}

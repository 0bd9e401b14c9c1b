using RdmaPipeline.Backends.Management;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>The device and its port as management agents see them.</summary>
/// <param name="device">The device.</param>
/// <param name="port">Its port.</param>
/// <param name="setPkey">Changes an entry of the P_Key table without waiting.</param>
/// <param name="dropped">What the whole device dropped for a reason.</param>
internal sealed class ManagedPort(
    RdmaDevice device, DevicePort port, Action<int, ushort> setPkey, Func<DropReason, long> dropped) : IManagedPort
{
    public ulong NodeGuid => device.Attributes.NodeGuid;

    public ulong SystemImageGuid => device.Attributes.SystemImageGuid;

    public ulong PortGuid => port.Guid;

    public string NodeDescription => device.Attributes.NodeDescription;

    public uint VendorId => device.Attributes.VendorId;

    public ushort DeviceId => (ushort)device.Attributes.VendorPartId;

    public uint Revision => device.Attributes.HardwareVersion;

    public uint CapabilityMask => port.Capabilities;

    public int PartitionKeyCount => port.Pkeys.Length;

    public long LinkDowns => port.LinkDowns;

    public UInt128 FindGid(int index) => port.Gids.Find(index)?.Gid.Value ?? 0;

    public ushort FindPartitionKey(int index) => port.Pkeys.Find(index);

    public void SetPartitionKey(int index, ushort key) => setPkey(index, key);

    public long Dropped(DropReason reason) => dropped(reason);
}

using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Management;

/// <summary>
/// What a management agent tells of a port and changes there beyond the link, which its back-end knows by itself: identity, tables and what
/// the transport counted.
/// </summary>
public interface IManagedPort
{
    /// <summary>GUID of the device.</summary>
    ulong NodeGuid { get; }

    /// <summary>GUID of the system that the device is a part of.</summary>
    ulong SystemImageGuid { get; }

    /// <summary>GUID of the port.</summary>
    ulong PortGuid { get; }

    /// <summary>What its owner calls the device; at most 64 bytes of UTF-8.</summary>
    string NodeDescription { get; }

    /// <summary>The vendor, 24 bits.</summary>
    uint VendorId { get; }

    /// <summary>The vendor's number for the kind of device.</summary>
    ushort DeviceId { get; }

    /// <summary>The vendor's revision of the device.</summary>
    uint Revision { get; }

    /// <summary>What the port can do, as it announces it.</summary>
    uint CapabilityMask { get; }

    /// <summary>Entries of the P_Key table.</summary>
    int PartitionKeyCount { get; }

    /// <summary>How often the link has gone down.</summary>
    long LinkDowns { get; }

    /// <summary>The addresses by index, 0 where a slot is empty.</summary>
    /// <param name="index">Any number from 0.</param>
    UInt128 FindGid(int index);

    /// <summary>An entry of the P_Key table; 0 when it is empty.</summary>
    /// <param name="index">0 to <see cref="PartitionKeyCount"/> − 1.</param>
    ushort FindPartitionKey(int index);

    /// <summary>Changes an entry of the P_Key table. Queue pairs go by it from some moment soon.</summary>
    /// <param name="index">0 to <see cref="PartitionKeyCount"/> − 1.</param>
    /// <param name="key">0 empties it.</param>
    void SetPartitionKey(int index, ushort key);

    /// <summary>Packets that the device dropped for a reason, wherever.</summary>
    /// <param name="reason">The reason.</param>
    long Dropped(DropReason reason);
}

namespace RdmaPipeline.Verbs;

/// <summary>The checks of create_ah (verbs.md 2), which modify_qp shares for the path of a connection (R-VERB-16).</summary>
internal static class AddressVectorCheck
{
    private const ushort FirstMulticastLid = 0xC000;
    private const ushort LastMulticastLid = 0xFFFE;

    /// <summary>Refuses what create_ah must refuse.</summary>
    /// <param name="device">The device.</param>
    /// <param name="vector">The way.</param>
    /// <exception cref="RdmaException">EINVAL, or EHOSTUNREACH when nobody can be reached by it.</exception>
    public static void Check(RdmaDevice device, AddressVector vector)
    {
        device.CheckPort(vector.Port);
        CheckValues(device, vector, device.QueryPort(vector.Port));
        device.Provider.Resolve(vector);
    }

    /// <summary>Refuses values that no way from a port may have.</summary>
    /// <param name="device">The device.</param>
    /// <param name="vector">The way.</param>
    /// <param name="port">The state of its port.</param>
    /// <exception cref="RdmaException">EINVAL.</exception>
    public static void CheckValues(RdmaDevice device, AddressVector vector, PortAttributes port)
    {
        if (vector.FlowLabel >= 1 << 20)
            throw RdmaException.Invalid($"ah_attr.grh.flow_label is 0x{vector.FlowLabel:x}; it has 20 bits, the limit is 0xfffff");
        if (vector.ServiceLevel > 15)
            throw RdmaException.Invalid($"ah_attr.sl is {vector.ServiceLevel}; the limit is 15");
        if (port.LinkLayer == LinkLayer.InfiniBand)
            CheckLocalPart(vector, port);
        if (!vector.IsGlobal && port.LinkLayer != LinkLayer.Ethernet)
            return;
        if (!vector.IsGlobal)
            throw RdmaException.Invalid("ah_attr.is_global is 0: RoCE needs a global route, set it and the destination GID");
        if (vector.DestinationGid.IsEmpty)
            throw RdmaException.Invalid("ah_attr.grh.dgid is ::, which is nobody: set it to the peer's GID");
        if (device.QueryGidEntry(vector.Port, vector.SourceGidIndex) is null)
            throw RdmaException.Invalid($"ah_attr.grh.sgid_index is {vector.SourceGidIndex}: this slot of port {vector.Port} is empty");
    }

    // What the LRH carries. A group's packets have a GRH (R-BE-51); the permissive LID, above the groups, is for directed routes.
    private static void CheckLocalPart(AddressVector vector, PortAttributes port)
    {
        if (vector.DestinationLid == 0)
            throw RdmaException.Invalid("ah_attr.dlid is 0, which is nobody: set it to the peer's LID");
        if (vector.DestinationLid is >= FirstMulticastLid and <= LastMulticastLid && !vector.IsGlobal)
            throw RdmaException.Invalid($"ah_attr.is_global is 0: the group at dlid 0x{vector.DestinationLid:x} needs a global route");
        if (vector.SourcePathBits >= 1 << port.LidMaskControl)
        {
            throw RdmaException.Invalid($"ah_attr.src_path_bits is {vector.SourcePathBits}; "
                + $"the LMC of the port is {port.LidMaskControl}, so the limit is {(1 << port.LidMaskControl) - 1}");
        }
    }
}

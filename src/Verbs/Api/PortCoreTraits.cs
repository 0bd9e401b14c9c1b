namespace RdmaPipeline.Verbs;

/// <summary>Which protocols go with a link, as the Linux RDMA core combines them.</summary>
internal static class PortCoreTraits
{
    private const PortCoreCapabilities Common =
        PortCoreCapabilities.ManagementDatagrams | PortCoreCapabilities.ConnectionManagement | PortCoreCapabilities.InfiniBandAddresses;

    /// <summary>The protocols of a port.</summary>
    /// <param name="link">Its link layer.</param>
    /// <param name="gid">How packets of its first address are framed; null when it has none.</param>
    /// <returns>The bits.</returns>
    public static PortCoreCapabilities Of(LinkLayer link, GidType? gid)
    {
        if (link == LinkLayer.InfiniBand)
        {
            return Common | PortCoreCapabilities.InfiniBand | PortCoreCapabilities.SubnetManagement
                | PortCoreCapabilities.SubnetAdministration;
        }
        return Common | PortCoreCapabilities.EthernetAddressVectors
            | (gid == GidType.RoCEv1 ? PortCoreCapabilities.RoCEv1 : PortCoreCapabilities.RoCEv2);
    }
}

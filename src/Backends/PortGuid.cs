using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.Backends;

/// <summary>A stable EUI-64 for a port that has no hardware address of its own.</summary>
internal static class PortGuid
{
    private const ulong LocallyAdministered = 0x0200_0000_0000_0000;

    /// <param name="gid">A GID the port owns.</param>
    /// <returns>Never 0.</returns>
    public static ulong From(UInt128 gid)
    {
        // An IPv6 interface identifier is an EUI-64 already; an IPv4 address takes the place of a MAC's low four bytes.
        var low = (ulong)gid;
        return GidAddress.IsIpv4(gid)
            ? LocallyAdministered | ((low & 0xFF00_0000) << 16) | 0x0000_00FF_FE00_0000 | (low & 0x00FF_FFFF)
            : LocallyAdministered | low;
    }
}

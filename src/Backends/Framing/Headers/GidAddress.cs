using System.Buffers.Binary;
using System.Net;

namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>GIDs as IP addresses and back (R-WIRE-7): an IPv6 address is its GID, an IPv4 address is <c>::ffff:a.b.c.d</c>.</summary>
public static class GidAddress
{
    /// <summary>The upper half of a link-local GID, whose lower half is the GUID of a port.</summary>
    public const ulong LinkLocalPrefix = 0xFE80_0000_0000_0000;

    private const uint MappedPrefix = 0xFFFF;
    private const ulong UniversalBit = 0x0200_0000_0000;
    private const ulong Eui64Middle = 0xFF_FE00_0000;

    /// <summary>Whether a GID stands for an IPv4 address.</summary>
    /// <param name="gid">Big-endian 128-bit number.</param>
    public static bool IsIpv4(UInt128 gid) => gid >> 32 == MappedPrefix;

    /// <summary>Whether a GID names a group: first byte 0xFF, or an IPv4 address of 224/4 (R-VERB-12).</summary>
    /// <param name="gid">Big-endian 128-bit number.</param>
    public static bool IsMulticast(UInt128 gid) => gid >> 120 == 0xFF || (IsIpv4(gid) && (uint)gid >> 28 == 0xE);

    /// <summary>The GID of an IPv4 address.</summary>
    /// <param name="address">The four bytes as a big-endian number.</param>
    public static UInt128 FromIpv4(uint address) => new(0, ((ulong)MappedPrefix << 32) | address);

    /// <summary>The link-local GID of an Ethernet address: its EUI-64 (R-WIRE-5).</summary>
    /// <param name="address">The address of a port.</param>
    public static UInt128 FromMac(MacAddress address)
    {
        var value = address.Value ^ UniversalBit;
        return new UInt128(LinkLocalPrefix, (value >> 24 << 40) | Eui64Middle | (value & 0xFF_FFFF));
    }

    /// <summary>The GID of an IP address.</summary>
    /// <param name="address">IPv4 or IPv6; an IPv6 scope is not part of a GID.</param>
    public static UInt128 FromIp(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var written);
        return written == 4 ? FromIpv4(BinaryPrimitives.ReadUInt32BigEndian(bytes)) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>The IP address of a GID: IPv4 when it is mapped.</summary>
    /// <param name="gid">Big-endian 128-bit number.</param>
    public static IPAddress ToIp(UInt128 gid)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, gid);
        return IsIpv4(gid) ? new IPAddress(bytes[12..]) : new IPAddress(bytes);
    }
}

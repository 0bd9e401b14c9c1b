using System.Globalization;

namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>A 48-bit Ethernet address.</summary>
public readonly record struct MacAddress
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 6;

    private const ulong Max = 0xFFFF_FFFF_FFFF;
    private const ulong LocallyAdministered = 0x0200_0000_0000;
    private const ulong Ipv6Multicast = 0x3333_0000_0000;
    private const ulong Ipv4Multicast = 0x0100_5E00_0000;
    private const ulong UniversalBit = 0x0200_0000_0000;

    /// <summary>Makes an address.</summary>
    /// <param name="value">The six bytes as a big-endian number.</param>
    /// <exception cref="ArgumentOutOfRangeException">More than 48 bits.</exception>
    public MacAddress(ulong value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Max);
        Value = value;
    }

    /// <summary>The six bytes as a big-endian number.</summary>
    public ulong Value { get; }

    /// <summary>
    /// The address that belongs to a GID without asking the network: the group address of a multicast GID (R-WIRE-10), the address inside
    /// an EUI-64 link-local GID (R-WIRE-5), else a locally administered address with the low 32 bits of the GID.
    /// </summary>
    /// <param name="gid">Big-endian 128-bit number.</param>
    public static MacAddress FromGid(UInt128 gid)
    {
        var low32 = (uint)gid;
        if (GidAddress.IsIpv4(gid))
            return new MacAddress(low32 >> 28 == 0xE ? Ipv4Multicast | (low32 & 0x7F_FFFF) : LocallyAdministered | low32);
        if (gid >> 120 == 0xFF)
            return new MacAddress(Ipv6Multicast | low32);
        var interfaceId = (ulong)gid;
        return gid >> 64 == 0xFE80_0000_0000_0000 && (interfaceId >> 24 & 0xFFFF) == 0xFFFE
            ? new MacAddress(((interfaceId >> 40 << 24) | (interfaceId & 0xFF_FFFF)) ^ UniversalBit)
            : new MacAddress(LocallyAdministered | low32);
    }

    /// <summary>Six hexadecimal bytes with colons.</summary>
    public override string ToString()
    {
        var value = Value;
        return string.Join(':', Enumerable.Range(0, Length)
            .Select(i => ((byte)(value >> (8 * (Length - 1 - i)))).ToString("x2", CultureInfo.InvariantCulture)));
    }

    internal static MacAddress Read(ReadOnlySpan<byte> source)
    {
        ulong value = 0;
        for (var i = 0; i < Length; i++)
            value = (value << 8) | source[i];
        return new MacAddress(value);
    }

    internal void Write(Span<byte> destination)
    {
        for (var i = 0; i < Length; i++)
            destination[i] = (byte)(Value >> (8 * (Length - 1 - i)));
    }
}

using System.Buffers.Binary;
using System.Globalization;
using System.Net;

namespace RdmaPipeline.Verbs;

/// <summary>
/// A 128-bit global identifier. On RoCE it is an IP address: IPv6 as it is, IPv4 as <c>::ffff:a.b.c.d</c> (R-VERB-1).
/// </summary>
/// <param name="Value">The address as a number: the first byte on the wire is the most significant.</param>
public readonly record struct Gid(UInt128 Value)
{
    private static readonly UInt128 MappedPrefix = (UInt128)0xFFFF << 32;

    /// <summary>The zero GID of an empty table slot.</summary>
    public static Gid Empty => default;

    /// <summary>Nothing but zeros.</summary>
    public bool IsEmpty => Value == 0;

    /// <summary>Holds an IPv4 address.</summary>
    public bool IsIPv4Mapped => Value >> 32 == 0xFFFF;

    /// <summary>An IPv6 link-local address (fe80::/10).</summary>
    public bool IsLinkLocal => Value >> 118 == 0x3FA;

    /// <summary>A multicast address: first byte 0xFF, or IPv4-mapped 224/4 (R-VERB-12).</summary>
    public bool IsMulticast => Value >> 120 == 0xFF || (IsIPv4Mapped && (uint)Value >> 28 == 0xE);

    /// <summary>The GID of an IP address.</summary>
    /// <param name="address">An IPv4 or IPv6 address; a scope id is not kept.</param>
    /// <returns>The GID.</returns>
    public static Gid FromIPAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int written);
        return written == 4
            ? new Gid(MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : new Gid(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>Reads 16 bytes in wire order.</summary>
    /// <param name="bytes">At least 16 bytes.</param>
    /// <returns>The GID.</returns>
    public static Gid Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    /// <summary>Reads an IPv6 or IPv4 address, or 32 hexadecimal digits.</summary>
    /// <param name="text">For example <c>::ffff:10.0.0.1</c>, <c>fe80::1</c>, <c>10.0.0.1</c>.</param>
    /// <returns>The GID.</returns>
    /// <exception cref="FormatException">The text is none of these.</exception>
    public static Gid Parse(string text) => TryParse(text, out Gid gid)
        ? gid
        : throw new FormatException($"'{text}' is no GID: write an IPv6 or IPv4 address, or 32 hexadecimal digits");

    /// <summary>Reads an IPv6 or IPv4 address, or 32 hexadecimal digits.</summary>
    /// <param name="text">For example <c>::ffff:10.0.0.1</c>, <c>fe80::1</c>, <c>10.0.0.1</c>.</param>
    /// <param name="gid">The GID, or the empty one.</param>
    /// <returns>Whether the text is a GID.</returns>
    public static bool TryParse(string? text, out Gid gid)
    {
        gid = default;
        if (text is { Length: 32 }
            && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 value))
        {
            gid = new Gid(value);
            return true;
        }
        if (!IsAddressText(text) || !IPAddress.TryParse(text, out IPAddress? address))
            return false;
        gid = FromIPAddress(address);
        return true;
    }

    /// <summary>Writes 16 bytes in wire order.</summary>
    /// <param name="bytes">At least 16 bytes.</param>
    public void Write(Span<byte> bytes) => BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);

    /// <summary>The IP address: IPv4 for a mapped one, else IPv6.</summary>
    /// <returns>The address, without a scope id.</returns>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        Write(bytes);
        return new IPAddress(IsIPv4Mapped ? bytes[12..] : bytes);
    }

    /// <summary>The 32 hexadecimal digits, as the perftest programs exchange them.</summary>
    /// <returns>Lower-case digits.</returns>
    public string ToHexString() => Value.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>The IPv6 text form; a mapped IPv4 address as <c>::ffff:a.b.c.d</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString()
    {
        if (IsIPv4Mapped)
            return $"::ffff:{ToIPAddress()}";
        Span<byte> bytes = stackalloc byte[16];
        Write(bytes);
        return new IPAddress(bytes).ToString();
    }

    // IPAddress also accepts "1", "0x7f.1" and scope ids, which would hide a typing error in an address.
    private static bool IsAddressText(string? text) =>
        text is not null && !text.Contains('%') && (text.Contains(':') || text.AsSpan().Count('.') == 3);
}

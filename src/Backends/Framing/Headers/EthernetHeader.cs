using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>The Ethernet header without its 802.1Q tag.</summary>
/// <param name="Destination">Destination address.</param>
/// <param name="Source">Source address.</param>
/// <param name="EtherType">What follows; <see cref="EtherTypes.Vlan"/> when a tag does.</param>
public readonly record struct EthernetHeader(MacAddress Destination, MacAddress Source, ushort EtherType)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 14;

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out EthernetHeader header)
    {
        header = default;
        if (source.Length < Length)
            return false;
        header = new EthernetHeader(
            MacAddress.Read(source), MacAddress.Read(source[6..]), BinaryPrimitives.ReadUInt16BigEndian(source[12..]));
        return true;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination[12..], EtherType);
        Destination.Write(destination);
        Source.Write(destination[6..]);
    }
}

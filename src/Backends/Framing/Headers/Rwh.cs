using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>The raw header of native InfiniBand: an EtherType behind two reserved bytes.</summary>
/// <param name="EtherType">What follows.</param>
public readonly record struct Rwh(ushort EtherType)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 4;

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out Rwh header)
    {
        header = source.Length < Length ? default : new Rwh(BinaryPrimitives.ReadUInt16BigEndian(source[2..]));
        return source.Length >= Length;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt32BigEndian(destination, EtherType);
}

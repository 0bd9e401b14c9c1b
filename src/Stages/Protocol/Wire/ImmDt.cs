using System.Buffers.Binary;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>Immediate data: four opaque bytes.</summary>
/// <param name="Value">The big-endian reading of the four bytes.</param>
public readonly record struct ImmDt(uint Value)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 4;

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out ImmDt header)
    {
        header = source.Length < Length ? default : Read(source);
        return source.Length >= Length;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt32BigEndian(destination, Value);

    internal static ImmDt Read(ReadOnlySpan<byte> source) => new(BinaryPrimitives.ReadUInt32BigEndian(source));
}

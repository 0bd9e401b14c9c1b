using System.Buffers.Binary;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>The invalidate extended header.</summary>
/// <param name="RemoteKey">The R_Key to invalidate.</param>
public readonly record struct Ieth(uint RemoteKey)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 4;

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out Ieth header)
    {
        header = source.Length < Length ? default : Read(source);
        return source.Length >= Length;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt32BigEndian(destination, RemoteKey);

    internal static Ieth Read(ReadOnlySpan<byte> source) => new(BinaryPrimitives.ReadUInt32BigEndian(source));
}

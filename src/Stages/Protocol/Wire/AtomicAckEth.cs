using System.Buffers.Binary;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>The atomic ACK extended header.</summary>
/// <param name="OriginalRemoteData">What the word held before the operation.</param>
public readonly record struct AtomicAckEth(ulong OriginalRemoteData)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 8;

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out AtomicAckEth header)
    {
        header = source.Length < Length ? default : Read(source);
        return source.Length >= Length;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination) => BinaryPrimitives.WriteUInt64BigEndian(destination, OriginalRemoteData);

    internal static AtomicAckEth Read(ReadOnlySpan<byte> source) => new(BinaryPrimitives.ReadUInt64BigEndian(source));
}

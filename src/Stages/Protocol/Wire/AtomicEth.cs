using System.Buffers.Binary;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>The atomic extended header. Every value is legal on the wire; the responder checks the alignment of the address.</summary>
/// <param name="VirtualAddress">Remote address of the 8-byte word.</param>
/// <param name="RemoteKey">R_Key of the remote region.</param>
/// <param name="SwapOrAdd">The value swapped in or added.</param>
/// <param name="Compare">The value compared with; 0 in FETCH ADD.</param>
public readonly record struct AtomicEth(ulong VirtualAddress, uint RemoteKey, ulong SwapOrAdd, ulong Compare)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 28;

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out AtomicEth header)
    {
        header = source.Length < Length ? default : Read(source);
        return source.Length >= Length;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, VirtualAddress);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], RemoteKey);
        BinaryPrimitives.WriteUInt64BigEndian(destination[12..], SwapOrAdd);
        BinaryPrimitives.WriteUInt64BigEndian(destination[20..], Compare);
    }

    internal static AtomicEth Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64BigEndian(source),
        BinaryPrimitives.ReadUInt32BigEndian(source[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(source[12..]),
        BinaryPrimitives.ReadUInt64BigEndian(source[20..]));
}

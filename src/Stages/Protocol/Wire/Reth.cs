using System.Buffers.Binary;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>The RDMA extended header.</summary>
public readonly record struct Reth
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 16;

    /// <summary>The longest message: 2^31 bytes (R-WIRE-18).</summary>
    public const uint MaxDmaLength = 1u << 31;

    private Reth(ulong virtualAddress, uint remoteKey, uint dmaLength, bool _) =>
        (VirtualAddress, RemoteKey, DmaLength) = (virtualAddress, remoteKey, dmaLength);

    /// <summary>Makes a header.</summary>
    /// <param name="virtualAddress">Remote address.</param>
    /// <param name="remoteKey">R_Key of the remote region.</param>
    /// <param name="dmaLength">Length of the message in bytes, 0 to <see cref="MaxDmaLength"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is more than <see cref="MaxDmaLength"/>.</exception>
    public Reth(ulong virtualAddress, uint remoteKey, uint dmaLength) : this(virtualAddress, remoteKey, dmaLength, true) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThan(dmaLength, MaxDmaLength);

    /// <summary>Remote address.</summary>
    public ulong VirtualAddress { get; }

    /// <summary>R_Key of the remote region.</summary>
    public uint RemoteKey { get; }

    /// <summary>Length of the message in bytes.</summary>
    public uint DmaLength { get; }

    /// <summary>Whether the length is within the limit; only a header seen in a received packet can be illegal.</summary>
    public bool IsLegal => DmaLength <= MaxDmaLength;

    /// <summary>Reads a legal header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few or the length is over the limit.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out Reth header)
    {
        header = source.Length < Length ? default : Read(source);
        return source.Length >= Length && header.IsLegal;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, VirtualAddress);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], RemoteKey);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], DmaLength);
    }

    internal static Reth Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64BigEndian(source),
        BinaryPrimitives.ReadUInt32BigEndian(source[8..]),
        BinaryPrimitives.ReadUInt32BigEndian(source[12..]), true);
}

using System.Buffers.Binary;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>The datagram extended header. Byte 4 is reserved: sent as 0 and ignored on receive.</summary>
public readonly record struct Deth
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 8;

    /// <summary>Makes a header.</summary>
    /// <param name="queueKey">Q_Key.</param>
    /// <param name="sourceQueuePair">Number of the sending queue pair, 24 bits.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number has more than 24 bits.</exception>
    public Deth(uint queueKey, uint sourceQueuePair) =>
        (QueueKey, SourceQueuePair) = (queueKey, UInt24.Checked(sourceQueuePair, nameof(sourceQueuePair)));

    /// <summary>Q_Key.</summary>
    public uint QueueKey { get; }

    /// <summary>Number of the sending queue pair, 24 bits.</summary>
    public uint SourceQueuePair { get; }

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out Deth header)
    {
        header = source.Length < Length ? default : Read(source);
        return source.Length >= Length;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, QueueKey);
        destination[4] = 0;
        UInt24.Write(destination[5..], SourceQueuePair);
    }

    internal static Deth Read(ReadOnlySpan<byte> source) => new(BinaryPrimitives.ReadUInt32BigEndian(source), UInt24.Read(source[5..]));
}

using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>The UDP header.</summary>
public readonly record struct UdpHeader
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 8;

    /// <summary>The port that RoCEv2 packets are sent to.</summary>
    public const ushort RoCEv2Port = 4791;

    private readonly ushort _datagramLength;

    /// <summary>Source port; it only spreads flows over paths (R-WIRE-6).</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Destination port.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>Bytes of this header and what follows, at least 8.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 8.</exception>
    public ushort DatagramLength
    {
        get => _datagramLength;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, Length, nameof(DatagramLength));
            _datagramLength = value;
        }
    }

    /// <summary>Checksum; 0 for none.</summary>
    public ushort Checksum { get; init; }

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few or the length is less than 8.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out UdpHeader header)
    {
        header = default;
        if (source.Length < Length || BinaryPrimitives.ReadUInt16BigEndian(source[4..]) < Length)
            return false;
        header = new UdpHeader
        {
            SourcePort = BinaryPrimitives.ReadUInt16BigEndian(source),
            DestinationPort = BinaryPrimitives.ReadUInt16BigEndian(source[2..]),
            DatagramLength = BinaryPrimitives.ReadUInt16BigEndian(source[4..]),
            Checksum = BinaryPrimitives.ReadUInt16BigEndian(source[6..]),
        };
        return true;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination[6..], Checksum);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], DatagramLength);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], DestinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(destination, SourcePort);
    }
}

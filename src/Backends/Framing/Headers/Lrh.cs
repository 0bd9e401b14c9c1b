using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>The local route header of native InfiniBand. Reserved bits are sent as 0 and ignored on receive.</summary>
public readonly record struct Lrh
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 8;

    /// <summary>The LID that every port takes.</summary>
    public const ushort PermissiveLid = 0xFFFF;

    /// <summary>The first multicast LID; <see cref="PermissiveLid"/> is not one.</summary>
    public const ushort FirstMulticastLid = 0xC000;

    private const int NibbleMax = 0xF;
    private const int PacketLengthMax = 0x7FF;

    private readonly byte _virtualLane;
    private readonly byte _serviceLevel;
    private readonly ushort _packetLength;

    /// <summary>VL: 0 to 14 for data, 15 for subnet management.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than 15.</exception>
    public byte VirtualLane { get => _virtualLane; init => _virtualLane = Nibble(value, nameof(VirtualLane)); }

    /// <summary>SL, 0 to 15.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than 15.</exception>
    public byte ServiceLevel { get => _serviceLevel; init => _serviceLevel = Nibble(value, nameof(ServiceLevel)); }

    /// <summary>LNH.</summary>
    public LinkNextHeader NextHeader { get; init; }

    /// <summary>Destination LID.</summary>
    public ushort Destination { get; init; }

    /// <summary>4-byte words from the LRH through the ICRC, 11 bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than 11 bits.</exception>
    public ushort PacketLength
    {
        get => _packetLength;
        init
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, PacketLengthMax, nameof(PacketLength));
            _packetLength = value;
        }
    }

    /// <summary>Source LID.</summary>
    public ushort Source { get; init; }

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few or the link version is not 0.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out Lrh header)
    {
        header = default;
        if (source.Length < Length || (source[0] & NibbleMax) != 0)
            return false;
        header = new Lrh
        {
            VirtualLane = (byte)(source[0] >> 4),
            ServiceLevel = (byte)(source[1] >> 4),
            NextHeader = (LinkNextHeader)(source[1] & 3),
            Destination = BinaryPrimitives.ReadUInt16BigEndian(source[2..]),
            PacketLength = (ushort)(BinaryPrimitives.ReadUInt16BigEndian(source[4..]) & PacketLengthMax),
            Source = BinaryPrimitives.ReadUInt16BigEndian(source[6..]),
        };
        return true;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        destination[0] = (byte)(VirtualLane << 4);
        destination[1] = (byte)((ServiceLevel << 4) | (byte)NextHeader);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], Destination);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], PacketLength);
        BinaryPrimitives.WriteUInt16BigEndian(destination[6..], Source);
    }

    private static byte Nibble(byte value, string name)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, NibbleMax, name);
        return value;
    }
}

using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>
/// An IPv4 header as RoCEv2 allows it: no options, not a fragment, payload UDP. The checksum is computed when it is
/// written.
/// </summary>
public readonly record struct Ipv4Header
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 20;

    /// <summary>Protocol number of UDP.</summary>
    public const byte Udp = 17;

    internal const byte VersionAndLength = 0x45;
    internal const int DoNotFragmentBit = 0x4000;
    internal const int IdentificationOffset = 4;
    internal const int ChecksumOffset = 10;
    private const int FragmentMask = 0x3FFF;

    private readonly ushort _totalLength;

    /// <summary>DSCP and ECN.</summary>
    public byte TypeOfService { get; init; }

    /// <summary>Bytes of header and payload, 28 (with a UDP header) to 65535.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 28.</exception>
    public ushort TotalLength
    {
        get => _totalLength;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, Length + UdpHeader.Length, nameof(TotalLength));
            _totalLength = value;
        }
    }

    /// <summary>Identification; the ICRC covers it (R-WIRE-21).</summary>
    public ushort Identification { get; init; }

    /// <summary>DF.</summary>
    public bool DoNotFragment { get; init; }

    /// <summary>TTL.</summary>
    public byte TimeToLive { get; init; }

    /// <summary>Source address, big-endian number.</summary>
    public uint Source { get; init; }

    /// <summary>Destination address, big-endian number.</summary>
    public uint Destination { get; init; }

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>
    /// False when the bytes are too few, the version is not 4, there are options, it is a fragment, it does not carry UDP, its length is
    /// too small or its checksum is wrong.
    /// </returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out Ipv4Header header)
    {
        header = default;
        if (source.Length < Length || source[0] != VersionAndLength || source[9] != Udp)
            return false;
        var totalLength = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
        var flags = BinaryPrimitives.ReadUInt16BigEndian(source[6..]);
        var isWhole = (flags & FragmentMask) == 0;
        if (!isWhole || totalLength < Length + UdpHeader.Length || InternetChecksum.Finish(InternetChecksum.Sum(source[..Length])) != 0)
            return false;
        header = new Ipv4Header
        {
            TypeOfService = source[1],
            TotalLength = totalLength,
            Identification = BinaryPrimitives.ReadUInt16BigEndian(source[IdentificationOffset..]),
            DoNotFragment = (flags & DoNotFragmentBit) != 0,
            TimeToLive = source[8],
            Source = BinaryPrimitives.ReadUInt32BigEndian(source[12..]),
            Destination = BinaryPrimitives.ReadUInt32BigEndian(source[16..]),
        };
        return true;
    }

    /// <summary>Writes the header with its checksum.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        destination[0] = VersionAndLength;
        destination[1] = TypeOfService;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], TotalLength);
        BinaryPrimitives.WriteUInt16BigEndian(destination[IdentificationOffset..], Identification);
        BinaryPrimitives.WriteUInt16BigEndian(destination[6..], (ushort)(DoNotFragment ? DoNotFragmentBit : 0));
        destination[8] = TimeToLive;
        destination[9] = Udp;
        destination[ChecksumOffset..(ChecksumOffset + 2)].Clear();
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], Source);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], Destination);
        BinaryPrimitives.WriteUInt16BigEndian(destination[ChecksumOffset..],
            InternetChecksum.Finish(InternetChecksum.Sum(destination[..Length])));
    }
}

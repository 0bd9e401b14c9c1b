using System.Buffers.Binary;

namespace RdmaPipeline.Backends.Framing.Headers;

/// <summary>The global route header of native InfiniBand and RoCEv1.</summary>
public readonly record struct Grh
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 40;

    /// <summary>Next-header number of the IBA transport.</summary>
    public const byte IbaTransport = 0x1B;

    private readonly uint _flowLabel;

    /// <summary>Traffic class.</summary>
    public byte TrafficClass { get; init; }

    /// <summary>Flow label, 20 bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than 20 bits.</exception>
    public uint FlowLabel { get => _flowLabel; init => _flowLabel = VersionClassLabel.CheckedLabel(value); }

    /// <summary>Bytes from the BTH through the ICRC.</summary>
    public ushort PayloadLength { get; init; }

    /// <summary>Hop limit.</summary>
    public byte HopLimit { get; init; }

    /// <summary>Source GID, big-endian number.</summary>
    public UInt128 Source { get; init; }

    /// <summary>Destination GID, big-endian number.</summary>
    public UInt128 Destination { get; init; }

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few, the version is not 6 or no IBA transport follows (R-WIRE-4).</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out Grh header)
    {
        header = default;
        if (source.Length < Length || source[0] >> 4 != VersionClassLabel.Version || source[6] != IbaTransport)
            return false;
        var (trafficClass, flowLabel) = VersionClassLabel.Read(source);
        header = new Grh
        {
            TrafficClass = trafficClass,
            FlowLabel = flowLabel,
            PayloadLength = BinaryPrimitives.ReadUInt16BigEndian(source[4..]),
            HopLimit = source[7],
            Source = BinaryPrimitives.ReadUInt128BigEndian(source[8..]),
            Destination = BinaryPrimitives.ReadUInt128BigEndian(source[24..]),
        };
        return true;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        VersionClassLabel.Write(destination, TrafficClass, FlowLabel);
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], PayloadLength);
        destination[6] = IbaTransport;
        destination[7] = HopLimit;
        BinaryPrimitives.WriteUInt128BigEndian(destination[8..], Source);
        BinaryPrimitives.WriteUInt128BigEndian(destination[24..], Destination);
    }
}

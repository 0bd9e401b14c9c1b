using System.Buffers.Binary;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>The base transport header. The reserved bits are not kept: they are sent as 0 and ignored on receive.</summary>
public readonly record struct Bth
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 12;

    /// <summary>The destination of multicast packets.</summary>
    public const uint MulticastQueuePair = UInt24.Max;

    private readonly uint _destination;
    private readonly uint _psn;
    private readonly byte _padCount;

    /// <summary>The opcode.</summary>
    public Opcode Opcode { get; init; }

    /// <summary>SE: the receiver should raise a solicited event.</summary>
    public bool Solicited { get; init; }

    /// <summary>M: the packet has migrated, or there is no automatic path migration. Either value is accepted on RoCE.</summary>
    public bool MigrationRequest { get; init; }

    /// <summary>Pad bytes after the payload, 0 to 3 (R-WIRE-16).</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than 3.</exception>
    public byte PadCount
    {
        get => _padCount;
        init
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 3, nameof(PadCount));
            _padCount = value;
        }
    }

    /// <summary>Partition key; bit 15 is full membership.</summary>
    public ushort PartitionKey { get; init; }

    /// <summary>FECN: the packet met congestion.</summary>
    public bool ForwardCongestion { get; init; }

    /// <summary>BECN: a packet of the other direction met congestion (set in every CNP, R-WIRE-9).</summary>
    public bool BackwardCongestion { get; init; }

    /// <summary>Destination queue pair number, 24 bits; <see cref="MulticastQueuePair"/> is multicast.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than 24 bits.</exception>
    public uint DestinationQueuePair { get => _destination; init => _destination = UInt24.Checked(value, nameof(DestinationQueuePair)); }

    /// <summary>A: the requester asks for an acknowledgement.</summary>
    public bool AckRequest { get; init; }

    /// <summary>Packet sequence number, 24 bits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than 24 bits.</exception>
    public uint Psn { get => _psn; init => _psn = UInt24.Checked(value, nameof(Psn)); }

    /// <summary>Reads a header.</summary>
    /// <param name="source">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header.</param>
    /// <returns>False when the bytes are too few or the transport version is not 0.</returns>
    public static bool TryParse(ReadOnlySpan<byte> source, out Bth header)
    {
        header = default;
        if (source.Length < Length || (source[1] & BthLayout.VersionMask) != 0)
            return false;
        header = new Bth
        {
            Opcode = (Opcode)source[0],
            Solicited = (source[1] & BthLayout.SolicitedBit) != 0,
            MigrationRequest = (source[1] & BthLayout.MigrationBit) != 0,
            PadCount = (byte)((source[1] >> BthLayout.PadShift) & BthLayout.PadMask),
            PartitionKey = BinaryPrimitives.ReadUInt16BigEndian(source[2..]),
            ForwardCongestion = (source[4] & BthLayout.ForwardCongestionBit) != 0,
            BackwardCongestion = (source[4] & BthLayout.BackwardCongestionBit) != 0,
            DestinationQueuePair = UInt24.Read(source[5..]),
            AckRequest = (source[8] & BthLayout.AckRequestBit) != 0,
            Psn = UInt24.Read(source[9..]),
        };
        return true;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        destination[0] = (byte)Opcode;
        destination[1] = (byte)((Solicited ? BthLayout.SolicitedBit : 0) | (MigrationRequest ? BthLayout.MigrationBit : 0)
            | (PadCount << BthLayout.PadShift));
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], PartitionKey);
        destination[4] = (byte)((ForwardCongestion ? BthLayout.ForwardCongestionBit : 0)
            | (BackwardCongestion ? BthLayout.BackwardCongestionBit : 0));
        UInt24.Write(destination[5..], DestinationQueuePair);
        destination[8] = (byte)(AckRequest ? BthLayout.AckRequestBit : 0);
        UInt24.Write(destination[9..], Psn);
    }
}

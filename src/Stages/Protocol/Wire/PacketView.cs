using System.Buffers.Binary;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>
/// A received transport packet, BTH to ICRC, whose lengths have been checked once. The getters of extension headers may be used only
/// when <see cref="OpcodeTraits.Has"/> says that the packet has them. It does not know whether the ICRC is right.
/// </summary>
public readonly ref struct PacketView
{
    /// <summary>Bytes of the ICRC at the end.</summary>
    public const int IcrcLength = 4;

    /// <summary>The shortest packet: BTH and ICRC.</summary>
    public const int MinLength = Bth.Length + IcrcLength;

    private readonly ReadOnlySpan<byte> _bytes;

    private PacketView(ReadOnlySpan<byte> bytes, OpcodeTraits traits)
    {
        _bytes = bytes;
        Traits = traits;
    }

    /// <summary>The row of the opcode table.</summary>
    public OpcodeTraits Traits { get; }

    /// <summary>The opcode; reserved ones of RC and XRC come through (<see cref="OpcodeTraits.IsReserved"/>).</summary>
    public Opcode Opcode => (Opcode)_bytes[0];

    /// <summary>SE.</summary>
    public bool Solicited => (_bytes[1] & BthLayout.SolicitedBit) != 0;

    /// <summary>M.</summary>
    public bool MigrationRequest => (_bytes[1] & BthLayout.MigrationBit) != 0;

    /// <summary>Pad bytes after the payload, 0 to 3.</summary>
    public int PadCount => (_bytes[1] >> BthLayout.PadShift) & BthLayout.PadMask;

    /// <summary>Partition key.</summary>
    public ushort PartitionKey => BinaryPrimitives.ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>FECN.</summary>
    public bool ForwardCongestion => (_bytes[4] & BthLayout.ForwardCongestionBit) != 0;

    /// <summary>BECN.</summary>
    public bool BackwardCongestion => (_bytes[4] & BthLayout.BackwardCongestionBit) != 0;

    /// <summary>Destination queue pair number, 24 bits.</summary>
    public uint DestinationQueuePair => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]) & UInt24.Max;

    /// <summary>A.</summary>
    public bool AckRequest => (_bytes[8] & BthLayout.AckRequestBit) != 0;

    /// <summary>Packet sequence number.</summary>
    public Sequence.Psn Psn => Sequence.Psn.Truncate(BinaryPrimitives.ReadUInt32BigEndian(_bytes[8..]));

    /// <summary>The whole BTH.</summary>
    public Bth Bth
    {
        get
        {
            Invariant.That(Bth.TryParse(_bytes, out var header), "A view only exists over a legal BTH.");
            return header;
        }
    }

    /// <summary>RETH as received; ask <see cref="Reth.IsLegal"/>.</summary>
    public Reth Reth => Reth.Read(At(HeaderLayout.Reth));

    /// <summary>AETH as received; ask <see cref="Aeth.IsLegal"/>.</summary>
    public Aeth Aeth => Aeth.Read(At(HeaderLayout.Aeth));

    /// <summary>AtomicETH.</summary>
    public AtomicEth AtomicEth => AtomicEth.Read(At(HeaderLayout.AtomicEth));

    /// <summary>AtomicAckETH.</summary>
    public AtomicAckEth AtomicAckEth => AtomicAckEth.Read(At(HeaderLayout.AtomicAckEth));

    /// <summary>Immediate data.</summary>
    public ImmDt ImmDt => ImmDt.Read(At(HeaderLayout.ImmDt));

    /// <summary>IETH.</summary>
    public Ieth Ieth => Ieth.Read(At(HeaderLayout.Ieth));

    /// <summary>DETH.</summary>
    public Deth Deth => Deth.Read(At(HeaderLayout.Deth));

    /// <summary>XRCETH.</summary>
    public XrcEth XrcEth => XrcEth.Read(At(HeaderLayout.XrcEth));

    /// <summary>RDETH.</summary>
    public Rdeth Rdeth => Rdeth.Read(At(HeaderLayout.Rdeth));

    /// <summary>FETH as received; ask <see cref="Feth.IsLegal"/>.</summary>
    public Feth Feth => Feth.Read(At(HeaderLayout.Feth));

    /// <summary>The payload without pad; empty when the opcode is reserved and the packet too short for its pad.</summary>
    public ReadOnlySpan<byte> Payload => _bytes.Slice(Traits.HeaderLength, PayloadLength);

    /// <summary>Bytes of payload, without pad (R-WIRE-2).</summary>
    public int PayloadLength => Math.Max(0, _bytes.Length - Traits.HeaderLength - PadCount - IcrcLength);

    /// <summary>The received ICRC, as the big-endian reading of its four bytes.</summary>
    public uint Icrc => BinaryPrimitives.ReadUInt32BigEndian(_bytes[^IcrcLength..]);

    /// <summary>All bytes, BTH to ICRC.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Checks the lengths, the opcode and the version of a packet: steps 3, 5 and 6 of the receive validation.</summary>
    /// <param name="transport">BTH to ICRC. Its length comes from the authority of the link layer (R-WIRE-1).</param>
    /// <param name="packet">The view; only to be used when the result is <see cref="DropReason.None"/>.</param>
    /// <returns><see cref="DropReason.None"/>, or why the packet must be dropped.</returns>
    public static DropReason TryParse(ReadOnlySpan<byte> transport, out PacketView packet)
    {
        packet = default;
        if (transport.Length < MinLength)
            return DropReason.BadLength;
        var traits = OpcodeTraits.Of((Opcode)transport[0]);
        var view = new PacketView(transport, traits);
        // R-WIRE-14: a reserved opcode of RC or XRC has no layout to check; it goes on and is answered with NAK 0x61.
        if (!traits.IsKnown && !traits.IsReserved)
            return DropReason.BadOpcode;
        if (traits.IsKnown && transport.Length < traits.HeaderLength + view.PadCount + IcrcLength)
            return DropReason.BadLength;
        if ((transport[1] & BthLayout.VersionMask) != 0)
            return DropReason.BadHeader;
        packet = view;
        return DropReason.None;
    }

    private ReadOnlySpan<byte> At(HeaderLayout header) => _bytes[Traits.OffsetOf(header)..];
}

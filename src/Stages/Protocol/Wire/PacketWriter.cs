namespace RdmaPipeline.Protocol.Wire;

/// <summary>
/// Builds one outgoing packet: transport headers into scratch memory, payload as references into pinned memory. The back-end adds pad bytes
/// and ICRC when it encodes. Headers are appended in any order; each goes to the place that the opcode gives it.
/// </summary>
public ref struct PacketWriter
{
    /// <summary>The header memory that suffices for every opcode, in bytes (R-WIRE-20).</summary>
    public const int MaxHeaderLength = 80;

    // A region may be made of pages of 4 KiB from anywhere, and the largest path MTU is 10 KiB (R-WIRE-15).
    private const int MostPagesWithin = 3;

    private readonly Span<byte> _header;
    private readonly Span<PayloadReference> _segments;
    private OpcodeTraits? _traits;
    private HeaderLayout _missing;

    /// <summary>Makes a writer.</summary>
    /// <param name="header">Memory for the transport headers, <see cref="MaxHeaderLength"/> bytes or more.</param>
    /// <param name="segments">Memory for payload references; its length is the limit of <see cref="AppendPayload"/> calls.</param>
    /// <exception cref="ArgumentException">The header memory is too short.</exception>
    public PacketWriter(Span<byte> header, Span<PayloadReference> segments)
    {
        if (header.Length < MaxHeaderLength)
            throw new ArgumentException($"Header memory of {header.Length} bytes; {MaxHeaderLength} are needed.", nameof(header));
        _header = header;
        _segments = segments;
    }

    /// <summary>
    /// Payload references that suffice for a packet: each entry may lie on both sides of a border between pages, and a prefix in front.
    /// </summary>
    /// <param name="entries">The most scatter-gather entries of a work request.</param>
    public static int SegmentsFor(int entries) => (2 * entries) + MostPagesWithin + 1;

    /// <summary>Bytes of transport headers, BTH included.</summary>
    public readonly int HeaderLength => _traits?.HeaderLength ?? 0;

    /// <summary>Payload references appended.</summary>
    public int SegmentCount { get; private set; }

    /// <summary>Bytes of payload appended, without pad.</summary>
    public int PayloadLength { get; private set; }

    /// <summary>Pad bytes that follow the payload (R-WIRE-16).</summary>
    public readonly int PadCount => -PayloadLength & BthLayout.PadMask;

    /// <summary>Payload references that may still be appended.</summary>
    public readonly int SegmentRoom => _segments.Length - SegmentCount;

    /// <summary>Whether a packet was begun and all its headers were appended.</summary>
    public readonly bool IsComplete => _traits is not null && _missing == HeaderLayout.None;

    /// <summary>The headers written so far.</summary>
    public readonly ReadOnlySpan<byte> Header => _header[..HeaderLength];

    /// <summary>The payload references appended so far.</summary>
    public readonly ReadOnlySpan<PayloadReference> Segments => _segments[..SegmentCount];

    /// <summary>Begins a packet, forgetting whatever was written before.</summary>
    /// <param name="opcode">A known opcode.</param>
    /// <param name="destinationQueuePair">24 bits.</param>
    /// <param name="psn">Packet sequence number.</param>
    /// <param name="ackRequest">A.</param>
    /// <param name="solicited">SE.</param>
    /// <param name="partitionKey">P_Key.</param>
    /// <param name="migrationRequest">M.</param>
    /// <exception cref="ArgumentOutOfRangeException">The queue pair number has more than 24 bits.</exception>
    public void Begin(Opcode opcode, uint destinationQueuePair, Sequence.Psn psn, bool ackRequest = false, bool solicited = false,
        ushort partitionKey = 0xFFFF, bool migrationRequest = false) =>
        Begin(new Bth
        {
            Opcode = opcode,
            DestinationQueuePair = destinationQueuePair,
            Psn = psn.Value,
            AckRequest = ackRequest,
            Solicited = solicited,
            PartitionKey = partitionKey,
            MigrationRequest = migrationRequest,
        });

    /// <summary>Begins a packet with every field of the BTH given; the pad count is counted here, not taken.</summary>
    /// <param name="header">A header with a known opcode.</param>
    public void Begin(in Bth header)
    {
        var traits = OpcodeTraits.Of(header.Opcode);
        Invariant.That(traits.IsKnown, "Only known opcodes are sent.");
        _traits = traits;
        _missing = traits.Headers;
        SegmentCount = 0;
        PayloadLength = 0;
        header.Write(_header);
        WritePadCount();
    }

    /// <summary>Writes the RETH.</summary>
    public void Append(in Reth header) => header.Write(Place(HeaderLayout.Reth));

    /// <summary>Writes the AETH.</summary>
    public void Append(in Aeth header) => header.Write(Place(HeaderLayout.Aeth));

    /// <summary>Writes the AtomicETH.</summary>
    public void Append(in AtomicEth header) => header.Write(Place(HeaderLayout.AtomicEth));

    /// <summary>Writes the AtomicAckETH.</summary>
    public void Append(in AtomicAckEth header) => header.Write(Place(HeaderLayout.AtomicAckEth));

    /// <summary>Writes the immediate data.</summary>
    public void Append(in ImmDt header) => header.Write(Place(HeaderLayout.ImmDt));

    /// <summary>Writes the IETH.</summary>
    public void Append(in Ieth header) => header.Write(Place(HeaderLayout.Ieth));

    /// <summary>Writes the DETH.</summary>
    public void Append(in Deth header) => header.Write(Place(HeaderLayout.Deth));

    /// <summary>Writes the XRCETH.</summary>
    public void Append(in XrcEth header) => header.Write(Place(HeaderLayout.XrcEth));

    /// <summary>Writes the RDETH.</summary>
    public void Append(in Rdeth header) => header.Write(Place(HeaderLayout.Rdeth));

    /// <summary>Writes the FETH.</summary>
    public void Append(in Feth header) => header.Write(Place(HeaderLayout.Feth));

    /// <summary>Appends payload. The memory must stay registered until the packet has been encoded.</summary>
    /// <param name="address">First byte, in pinned memory.</param>
    /// <param name="length">Bytes; nothing is appended when 0.</param>
    public void AppendPayload(nint address, int length)
    {
        Invariant.That(length >= 0 && _traits is not null, "Payload is appended to a packet that was begun.");
        if (length == 0)
            return;
        Invariant.That(SegmentRoom > 0, "The caller asks SegmentRoom before it appends.");
        _segments[SegmentCount++] = new PayloadReference(address, length);
        PayloadLength += length;
        WritePadCount();
    }

    /// <summary>Sets M in a packet that was begun.</summary>
    public readonly void MarkMigrated()
    {
        Invariant.That(_traits is not null, "Only a packet that was begun has a BTH.");
        _header[1] |= BthLayout.MigrationBit;
    }

    private readonly void WritePadCount() =>
        _header[1] = (byte)((_header[1] & ~(BthLayout.PadMask << BthLayout.PadShift)) | (PadCount << BthLayout.PadShift));

    private Span<byte> Place(HeaderLayout header)
    {
        Invariant.That((_missing & header) != 0, "Each header of the opcode is written once, and no other.");
        _missing &= ~header;
        return _header[_traits!.OffsetOf(header)..];
    }
}

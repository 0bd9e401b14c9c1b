using System.Numerics;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>What there is to know about one opcode: a row of the opcode table. There is one instance for each of the 256 values.</summary>
public sealed class OpcodeTraits
{
    private static readonly OpcodeTraits[] Rows = OpcodeTable.Build();

    private readonly byte[] _offsets = [];

    internal OpcodeTraits(byte code)
    {
        Opcode = (Opcode)code;
        Transport = (TransportService)Math.Min(code >> 5, (int)TransportService.Manufacturer);
        HeaderLength = Bth.Length;
    }

    /// <summary>The opcode of this row; not a member of the enumeration when the opcode is unknown.</summary>
    public Opcode Opcode { get; }

    /// <summary>The transport service, from bits 7:5.</summary>
    public TransportService Transport { get; }

    /// <summary>What the packet does.</summary>
    public PacketOperation Operation { get; internal init; }

    /// <summary>Where in its message it stands.</summary>
    public PacketPosition Position { get; internal init; }

    /// <summary>The headers after the BTH.</summary>
    public HeaderLayout Headers
    {
        get;
        internal init
        {
            field = value;
            _offsets = OpcodeTable.OffsetsOf(value);
            HeaderLength = Bth.Length + OpcodeTable.LengthOf(value);
        }
    }

    /// <summary>Bytes of the BTH and all extension headers (R-WIRE-13).</summary>
    public int HeaderLength { get; private init; }

    /// <summary>How much payload it carries.</summary>
    public PayloadRule Payload { get; internal init; }

    /// <summary>What it does with the receive queue.</summary>
    public ReceiveWqeUse ReceiveWqe { get; internal init; }

    /// <summary>What the responder sends for it.</summary>
    public ResponseKind Response { get; internal init; }

    /// <summary>The group it belongs to.</summary>
    public FollowerGroup Group { get; internal init; }

    /// <summary>The group of which the next packet of the same direction must be.</summary>
    public FollowerGroup Followers { get; internal init; }

    /// <summary>Whether the opcode is in the table.</summary>
    public bool IsKnown => Operation != PacketOperation.None;

    /// <summary>Whether it is a reserved opcode of RC or XRC, which is answered with NAK 0x61 rather than dropped (R-WIRE-14).</summary>
    public bool IsReserved =>
        !IsKnown && Transport is TransportService.ReliableConnection or TransportService.ExtendedReliableConnection;

    /// <summary>Whether it is a request: everything known that is neither a response nor a congestion notification.</summary>
    public bool IsRequest => Group is FollowerGroup.Start or FollowerGroup.SendContinuation or FollowerGroup.WriteContinuation;

    /// <summary>Whether it travels from responder to requester.</summary>
    public bool IsResponse => Group is FollowerGroup.ResponseStart or FollowerGroup.ReadResponseContinuation;

    /// <summary>Whether it begins a message (FIRST or ONLY).</summary>
    public bool IsFirst => (Position & PacketPosition.First) != 0 && IsKnown;

    /// <summary>Whether it ends a message (LAST or ONLY).</summary>
    public bool IsLast => (Position & PacketPosition.Last) != 0 && IsKnown;

    /// <summary>Gives the row of an opcode.</summary>
    /// <param name="opcode">Any of the 256 values.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static OpcodeTraits Of(Opcode opcode) => Rows[(byte)opcode];

    /// <summary>Whether the packet carries a header.</summary>
    /// <param name="header">One flag.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Has(HeaderLayout header) => (Headers & header) != 0;

    /// <summary>Where a header begins, in bytes from the first byte of the BTH.</summary>
    /// <param name="header">One flag, which <see cref="Has"/>.</param>
    public int OffsetOf(HeaderLayout header)
    {
        Invariant.That(Has(header), "The opcode does not carry this header.");
        return _offsets[BitOperations.TrailingZeroCount((uint)header)];
    }

    /// <summary>Whether a payload has a legal length for this opcode.</summary>
    /// <param name="payloadLength">Bytes, without pad.</param>
    /// <param name="pathMtu">Path MTU in bytes.</param>
    public bool PayloadFits(int payloadLength, int pathMtu) => Payload switch
    {
        PayloadRule.None => payloadLength == 0,
        PayloadRule.UpToPathMtu => payloadLength <= pathMtu,
        PayloadRule.OneToPathMtu => payloadLength >= 1 && payloadLength <= pathMtu,
        PayloadRule.FullPathMtu => payloadLength == pathMtu,
        PayloadRule.EightBytes => payloadLength == 8,
        _ => payloadLength == 16,
    };

    /// <summary>The name of the opcode, or its number when it has none.</summary>
    public override string ToString() => IsKnown ? Opcode.ToString() : $"0x{(byte)Opcode:x2}";
}

using static RdmaPipeline.Protocol.Wire.FollowerGroup;
using static RdmaPipeline.Protocol.Wire.HeaderLayout;
using static RdmaPipeline.Protocol.Wire.PacketPosition;
using static RdmaPipeline.Protocol.Wire.PayloadRule;
using static RdmaPipeline.Protocol.Wire.ReceiveWqeUse;
using Kind = RdmaPipeline.Protocol.Wire.ResponseKind;
using Op = RdmaPipeline.Protocol.Wire.PacketOperation;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>The opcode table as data: the RC rows, and how the other transports derive theirs from them.</summary>
internal static class OpcodeTable
{
    private const byte ReliableConnectionBase = 0x00, UnreliableConnectionBase = 0x20, ReliableDatagramBase = 0x40, ExtendedBase = 0xA0;

    private static readonly (HeaderLayout Header, int Length)[] HeaderLengths =
    [
        (HeaderLayout.Rdeth, Wire.Rdeth.Length), (HeaderLayout.Deth, Wire.Deth.Length), (HeaderLayout.XrcEth, Wire.XrcEth.Length),
        (HeaderLayout.Feth, Wire.Feth.Length), (HeaderLayout.Reth, Wire.Reth.Length), (HeaderLayout.AtomicEth, Wire.AtomicEth.Length),
        (HeaderLayout.Aeth, Wire.Aeth.Length), (HeaderLayout.AtomicAckEth, Wire.AtomicAckEth.Length),
        (HeaderLayout.ImmDt, Wire.ImmDt.Length), (HeaderLayout.Ieth, Wire.Ieth.Length),
    ];

    private static readonly Row[] ReliableConnectionRows =
    [
        new(0x00, Op.Send, First, HeaderLayout.None, FullPathMtu, Takes, Kind.Acknowledge, Start, SendContinuation),
        new(0x01, Op.Send, Middle, HeaderLayout.None, FullPathMtu, ReceiveWqeUse.None, Kind.Acknowledge, SendContinuation, SendContinuation),
        new(0x02, Op.Send, Last, HeaderLayout.None, OneToPathMtu, Completes, Kind.Acknowledge, SendContinuation, Start),
        new(0x03, Op.Send, Last, HeaderLayout.ImmDt, OneToPathMtu, Completes, Kind.Acknowledge, SendContinuation, Start),
        new(0x04, Op.Send, Only, HeaderLayout.None, UpToPathMtu, Takes | Completes, Kind.Acknowledge, Start, Start),
        new(0x05, Op.Send, Only, HeaderLayout.ImmDt, UpToPathMtu, Takes | Completes, Kind.Acknowledge, Start, Start),
        new(0x06, Op.Write, First, HeaderLayout.Reth, FullPathMtu, ReceiveWqeUse.None, Kind.Acknowledge, Start, WriteContinuation),
        new(0x07, Op.Write, Middle, HeaderLayout.None, FullPathMtu, ReceiveWqeUse.None, Kind.Acknowledge, WriteContinuation, WriteContinuation),
        new(0x08, Op.Write, Last, HeaderLayout.None, OneToPathMtu, ReceiveWqeUse.None, Kind.Acknowledge, WriteContinuation, Start),
        new(0x09, Op.Write, Last, HeaderLayout.ImmDt, OneToPathMtu, Takes | Completes, Kind.Acknowledge, WriteContinuation, Start),
        new(0x0A, Op.Write, Only, HeaderLayout.Reth, UpToPathMtu, ReceiveWqeUse.None, Kind.Acknowledge, Start, Start),
        new(0x0B, Op.Write, Only, HeaderLayout.Reth | HeaderLayout.ImmDt, UpToPathMtu, Takes | Completes, Kind.Acknowledge, Start, Start),
        new(0x0C, Op.ReadRequest, Only, HeaderLayout.Reth, PayloadRule.None, ReceiveWqeUse.None, Kind.ReadResponse, Start, Start),
        new(0x0D, Op.ReadResponse, First, HeaderLayout.Aeth, FullPathMtu, ReceiveWqeUse.None, Kind.None, ResponseStart, ReadResponseContinuation),
        new(0x0E, Op.ReadResponse, Middle, HeaderLayout.None, FullPathMtu, ReceiveWqeUse.None, Kind.None,
            ReadResponseContinuation, ReadResponseContinuation),
        new(0x0F, Op.ReadResponse, Last, HeaderLayout.Aeth, OneToPathMtu, ReceiveWqeUse.None, Kind.None, ReadResponseContinuation, ResponseStart),
        new(0x10, Op.ReadResponse, Only, HeaderLayout.Aeth, UpToPathMtu, ReceiveWqeUse.None, Kind.None, ResponseStart, ResponseStart),
        new(0x11, Op.Acknowledge, Only, HeaderLayout.Aeth, PayloadRule.None, ReceiveWqeUse.None, Kind.None, ResponseStart, ResponseStart),
        new(0x12, Op.AtomicAcknowledge, Only, HeaderLayout.Aeth | HeaderLayout.AtomicAckEth, PayloadRule.None, ReceiveWqeUse.None, Kind.None,
            ResponseStart, ResponseStart),
        new(0x13, Op.CompareSwap, Only, HeaderLayout.AtomicEth, PayloadRule.None, ReceiveWqeUse.None, Kind.AtomicAcknowledge, Start, Start),
        new(0x14, Op.FetchAdd, Only, HeaderLayout.AtomicEth, PayloadRule.None, ReceiveWqeUse.None, Kind.AtomicAcknowledge, Start, Start),
        new(0x16, Op.Send, Last, HeaderLayout.Ieth, OneToPathMtu, Completes, Kind.Acknowledge, SendContinuation, Start),
        new(0x17, Op.Send, Only, HeaderLayout.Ieth, UpToPathMtu, Takes | Completes, Kind.Acknowledge, Start, Start),
        new(0x1C, Op.Flush, Only, HeaderLayout.Feth | HeaderLayout.Reth, PayloadRule.None, ReceiveWqeUse.None, Kind.EmptyReadResponse, Start, Start),
        new(0x1D, Op.AtomicWrite, Only, HeaderLayout.Reth, EightBytes, ReceiveWqeUse.None, Kind.EmptyReadResponse, Start, Start),
    ];

    public static OpcodeTraits[] Build()
    {
        var rows = new OpcodeTraits[256];
        for (var code = 0; code < rows.Length; code++)
            rows[code] = new OpcodeTraits((byte)code);
        foreach (var row in ReliableConnectionRows)
        {
            Set(rows, ReliableConnectionBase, row);
            if (row.Code <= 0x0B)
                Set(rows, UnreliableConnectionBase, row with { Response = Kind.None });
            if (row.Code is <= 0x14 or 0x1C)
                Set(rows, ReliableDatagramBase, row with { Headers = row.Headers | HeaderLayout.Rdeth | (IsResponse(row) ? 0 : HeaderLayout.Deth) });
            if (row.Code <= 0x17)
                Set(rows, ExtendedBase, row with { Headers = row.Headers | (IsResponse(row) ? 0 : HeaderLayout.XrcEth) });
        }

        AddRowsWithoutPattern(rows);
        return rows;
    }

    public static int LengthOf(HeaderLayout headers)
    {
        var length = 0;
        foreach (var (header, size) in HeaderLengths)
            length += (headers & header) != 0 ? size : 0;
        return length;
    }

    /// <summary>Where each header flag's header begins, counted from the BTH; indexed by the number of the flag's bit.</summary>
    public static byte[] OffsetsOf(HeaderLayout headers) =>
        [.. HeaderLengths.Select(h => (byte)(Bth.Length + LengthOf(headers & (h.Header - 1))))];

    private static void AddRowsWithoutPattern(OpcodeTraits[] rows)
    {
        Set(rows, 0, new(0x55, Op.Resync, Only, HeaderLayout.Rdeth | HeaderLayout.Deth, PayloadRule.None, ReceiveWqeUse.None, Kind.Acknowledge, Start, Start));
        Set(rows, 0, new(0x64, Op.Send, Only, HeaderLayout.Deth, UpToPathMtu, Takes | Completes, Kind.None, Start, Start));
        Set(rows, 0, new(0x65, Op.Send, Only, HeaderLayout.Deth | HeaderLayout.ImmDt, UpToPathMtu, Takes | Completes, Kind.None, Start, Start));
        Set(rows, 0, new(0x81, Op.CongestionNotification, Only, HeaderLayout.None, SixteenBytes, ReceiveWqeUse.None, Kind.None,
            FollowerGroup.None, FollowerGroup.None));
    }

    private static bool IsResponse(Row row) => row.Group is ResponseStart or ReadResponseContinuation;

    private static void Set(OpcodeTraits[] rows, byte transportBase, Row row)
    {
        var code = (byte)(transportBase + row.Code);
        rows[code] = new OpcodeTraits(code)
        {
            Operation = row.Operation,
            Position = row.Position,
            Headers = row.Headers,
            Payload = row.Payload,
            ReceiveWqe = row.ReceiveWqe,
            Response = row.Response,
            Group = row.Group,
            Followers = row.Followers,
        };
    }

    private readonly record struct Row(byte Code, PacketOperation Operation, PacketPosition Position, HeaderLayout Headers, PayloadRule Payload,
        ReceiveWqeUse ReceiveWqe, ResponseKind Response, FollowerGroup Group, FollowerGroup Followers);
}

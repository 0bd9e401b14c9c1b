using static RdmaPipeline.Protocol.Wire.FollowerGroup;
using static RdmaPipeline.Protocol.Wire.PacketPosition;
using static RdmaPipeline.Protocol.Wire.PayloadRule;
using static RdmaPipeline.Protocol.Wire.ReceiveWqeUse;
using H = RdmaPipeline.Protocol.Wire.HeaderLayout;
using Op = RdmaPipeline.Protocol.Wire.PacketOperation;
using P = RdmaPipeline.Protocol.Wire.PayloadRule;
using R = RdmaPipeline.Protocol.Wire.ReceiveWqeUse;
using Reply = RdmaPipeline.Protocol.Wire.ResponseKind;

namespace RdmaPipeline.Protocol.Wire;

/// <summary>The opcode table as data: the RC rows, and how the other transports derive theirs from them.</summary>
internal static class OpcodeTable
{
    private const byte ReliableConnectionBase = 0x00, UnreliableConnectionBase = 0x20, ReliableDatagramBase = 0x40, ExtendedBase = 0xA0;

    private static readonly (H Header, int Length)[] HeaderLengths =
    [
        (H.Rdeth, Wire.Rdeth.Length), (H.Deth, Wire.Deth.Length), (H.XrcEth, Wire.XrcEth.Length),
        (H.Feth, Wire.Feth.Length), (H.Reth, Wire.Reth.Length), (H.AtomicEth, Wire.AtomicEth.Length),
        (H.Aeth, Wire.Aeth.Length), (H.AtomicAckEth, Wire.AtomicAckEth.Length),
        (H.ImmDt, Wire.ImmDt.Length), (H.Ieth, Wire.Ieth.Length),
    ];

    private static readonly Row[] ReliableConnectionRows =
    [
        new(0x00, Op.Send, First, H.None, FullPathMtu, Takes, Reply.Acknowledge, Start, SendContinuation),
        new(0x01, Op.Send, Middle, H.None, FullPathMtu, R.None, Reply.Acknowledge, SendContinuation, SendContinuation),
        new(0x02, Op.Send, Last, H.None, OneToPathMtu, Completes, Reply.Acknowledge, SendContinuation, Start),
        new(0x03, Op.Send, Last, H.ImmDt, OneToPathMtu, Completes, Reply.Acknowledge, SendContinuation, Start),
        new(0x04, Op.Send, Only, H.None, UpToPathMtu, Takes | Completes, Reply.Acknowledge, Start, Start),
        new(0x05, Op.Send, Only, H.ImmDt, UpToPathMtu, Takes | Completes, Reply.Acknowledge, Start, Start),
        new(0x06, Op.Write, First, H.Reth, FullPathMtu, R.None, Reply.Acknowledge, Start, WriteContinuation),
        new(0x07, Op.Write, Middle, H.None, FullPathMtu, R.None, Reply.Acknowledge, WriteContinuation, WriteContinuation),
        new(0x08, Op.Write, Last, H.None, OneToPathMtu, R.None, Reply.Acknowledge, WriteContinuation, Start),
        new(0x09, Op.Write, Last, H.ImmDt, OneToPathMtu, Takes | Completes, Reply.Acknowledge, WriteContinuation, Start),
        new(0x0A, Op.Write, Only, H.Reth, UpToPathMtu, R.None, Reply.Acknowledge, Start, Start),
        new(0x0B, Op.Write, Only, H.Reth | H.ImmDt, UpToPathMtu, Takes | Completes, Reply.Acknowledge, Start, Start),
        new(0x0C, Op.ReadRequest, Only, H.Reth, P.None, R.None, Reply.ReadResponse, Start, Start),
        new(0x0D, Op.ReadResponse, First, H.Aeth, FullPathMtu, R.None, Reply.None, ResponseStart, ReadResponseContinuation),
        new(0x0E, Op.ReadResponse, Middle, H.None, FullPathMtu, R.None, Reply.None, ReadResponseContinuation, ReadResponseContinuation),
        new(0x0F, Op.ReadResponse, Last, H.Aeth, OneToPathMtu, R.None, Reply.None, ReadResponseContinuation, ResponseStart),
        new(0x10, Op.ReadResponse, Only, H.Aeth, UpToPathMtu, R.None, Reply.None, ResponseStart, ResponseStart),
        new(0x11, Op.Acknowledge, Only, H.Aeth, P.None, R.None, Reply.None, ResponseStart, ResponseStart),
        new(0x12, Op.AtomicAcknowledge, Only, H.Aeth | H.AtomicAckEth, P.None, R.None, Reply.None, ResponseStart, ResponseStart),
        new(0x13, Op.CompareSwap, Only, H.AtomicEth, P.None, R.None, Reply.AtomicAcknowledge, Start, Start),
        new(0x14, Op.FetchAdd, Only, H.AtomicEth, P.None, R.None, Reply.AtomicAcknowledge, Start, Start),
        new(0x16, Op.Send, Last, H.Ieth, OneToPathMtu, Completes, Reply.Acknowledge, SendContinuation, Start),
        new(0x17, Op.Send, Only, H.Ieth, UpToPathMtu, Takes | Completes, Reply.Acknowledge, Start, Start),
        new(0x1C, Op.Flush, Only, H.Feth | H.Reth, P.None, R.None, Reply.EmptyReadResponse, Start, Start),
        new(0x1D, Op.AtomicWrite, Only, H.Reth, EightBytes, R.None, Reply.EmptyReadResponse, Start, Start),
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
                Set(rows, UnreliableConnectionBase, row with { Response = Reply.None });
            if (row.Code is <= 0x14 or 0x1C)
                Set(rows, ReliableDatagramBase, row with { Headers = row.Headers | H.Rdeth | (IsResponse(row) ? 0 : H.Deth) });
            if (row.Code <= 0x17)
                Set(rows, ExtendedBase, row with { Headers = row.Headers | (IsResponse(row) ? 0 : H.XrcEth) });
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
        Set(rows, 0, new(0x55, Op.Resync, Only, H.Rdeth | H.Deth, P.None, R.None, Reply.Acknowledge, Start, Start));
        Set(rows, 0, new(0x64, Op.Send, Only, H.Deth, UpToPathMtu, Takes | Completes, Reply.None, Start, Start));
        Set(rows, 0, new(0x65, Op.Send, Only, H.Deth | H.ImmDt, UpToPathMtu, Takes | Completes, Reply.None, Start, Start));
        Set(rows, 0, new(0x81, Op.CongestionNotification, Only, H.None, SixteenBytes, R.None, Reply.None,
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

    private readonly record struct Row(
        byte Code, Op Operation, PacketPosition Position, H Headers, P Payload, R ReceiveWqe, Reply Response,
        FollowerGroup Group, FollowerGroup Followers);
}

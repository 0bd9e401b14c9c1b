using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.Tests.Wire;

/// <summary>The opcode table, transcribed a second time as the standard prints it (R-WIRE-13, R-WIRE-14).</summary>
public sealed class OpcodeTableTests
{
    // op | headers | payload | position | receive WQE | response | group | followers
    private const string ReliableConnection = """
        00 |                   | =     | F | R  | ACK | START | SC
        01 |                   | =     | M |    | ACK | SC    | SC
        02 |                   | 1..   | L | C  | ACK | SC    | START
        03 | ImmDt             | 1..   | L | C  | ACK | SC    | START
        04 |                   | 0..   | O | RC | ACK | START | START
        05 | ImmDt             | 0..   | O | RC | ACK | START | START
        06 | Reth              | =     | F |    | ACK | START | WC
        07 |                   | =     | M |    | ACK | WC    | WC
        08 |                   | 1..   | L |    | ACK | WC    | START
        09 | ImmDt             | 1..   | L | RC | ACK | WC    | START
        0A | Reth              | 0..   | O |    | ACK | START | START
        0B | Reth ImmDt        | 0..   | O | RC | ACK | START | START
        0C | Reth              | none  | O |    | RD  | START | START
        0D | Aeth              | =     | F |    |     | RESP  | RC
        0E |                   | =     | M |    |     | RC    | RC
        0F | Aeth              | 1..   | L |    |     | RC    | RESP
        10 | Aeth              | 0..   | O |    |     | RESP  | RESP
        11 | Aeth              | none  | O |    |     | RESP  | RESP
        12 | Aeth AtomicAckEth | none  | O |    |     | RESP  | RESP
        13 | AtomicEth         | none  | O |    | AT  | START | START
        14 | AtomicEth         | none  | O |    | AT  | START | START
        16 | Ieth              | 1..   | L | C  | ACK | SC    | START
        17 | Ieth              | 0..   | O | RC | ACK | START | START
        1C | Feth Reth         | none  | O |    | RD0 | START | START
        1D | Reth              | 8     | O |    | RD0 | START | START
        """;

    // R-WIRE-13, for each RC row in turn.
    private static readonly int[] ReliableConnectionLengths =
        [12, 12, 12, 16, 12, 16, 28, 12, 12, 16, 28, 32, 28, 16, 12, 16, 16, 16, 24, 40, 40, 16, 16, 32, 28];

    private static readonly Dictionary<string, PayloadRule> Payloads = new()
    {
        ["="] = PayloadRule.FullPathMtu, ["1.."] = PayloadRule.OneToPathMtu, ["0.."] = PayloadRule.UpToPathMtu,
        ["none"] = PayloadRule.None, ["8"] = PayloadRule.EightBytes,
    };

    private static readonly Dictionary<string, ResponseKind> Responses = new()
    {
        [""] = ResponseKind.None, ["ACK"] = ResponseKind.Acknowledge, ["RD"] = ResponseKind.ReadResponse,
        ["RD0"] = ResponseKind.EmptyReadResponse, ["AT"] = ResponseKind.AtomicAcknowledge,
    };

    private static readonly Dictionary<string, FollowerGroup> Groups = new()
    {
        ["START"] = FollowerGroup.Start, ["SC"] = FollowerGroup.SendContinuation, ["WC"] = FollowerGroup.WriteContinuation,
        ["RESP"] = FollowerGroup.ResponseStart, ["RC"] = FollowerGroup.ReadResponseContinuation,
    };

    private static readonly Dictionary<string, PacketPosition> Positions = new()
    {
        ["F"] = PacketPosition.First, ["M"] = PacketPosition.Middle, ["L"] = PacketPosition.Last, ["O"] = PacketPosition.Only,
    };

    private static IEnumerable<string[]> Rows =>
        ReliableConnection.Split('\n').Select(line => line.Split('|').Select(cell => cell.Trim()).ToArray());

    [Fact]
    public void ReliableConnectionRowsAreThoseOfTheStandard()
    {
        foreach (var (row, length) in Rows.Zip(ReliableConnectionLengths))
        {
            var traits = OpcodeTraits.Of((Opcode)Convert.ToByte(row[0], 16));
            Assert.True(traits.IsKnown, row[0]);
            Assert.Equal(Headers(row[1]), traits.Headers);
            Assert.Equal(length, traits.HeaderLength);
            Assert.Equal(Payloads[row[2]], traits.Payload);
            Assert.Equal(Positions[row[3]], traits.Position);
            Assert.Equal(row[4].Contains('R'), traits.ReceiveWqe.HasFlag(ReceiveWqeUse.Takes));
            Assert.Equal(row[4].Contains('C'), traits.ReceiveWqe.HasFlag(ReceiveWqeUse.Completes));
            Assert.Equal(Responses[row[5]], traits.Response);
            Assert.Equal(Groups[row[6]], traits.Group);
            Assert.Equal(Groups[row[7]], traits.Followers);
            Assert.Equal(row[6] is "START" or "SC" or "WC", traits.IsRequest);
            Assert.Equal(row[6] is "RESP" or "RC", traits.IsResponse);
            Assert.Equal(row[3] is "F" or "O", traits.IsFirst);
            Assert.Equal(row[3] is "L" or "O", traits.IsLast);
        }
    }

    [Fact]
    public void OtherTransportsDeriveFromReliableConnection()
    {
        foreach (var row in Rows)
        {
            var code = Convert.ToByte(row[0], 16);
            var rc = OpcodeTraits.Of((Opcode)code);
            if (code <= 0x0B)
                AssertDerived(0x20 + code, rc, HeaderLayout.None, ResponseKind.None, TransportService.UnreliableConnection);
            if (code is <= 0x14 or 0x1C)
                AssertDerived(0x40 + code, rc, rc.IsResponse ? HeaderLayout.Rdeth : HeaderLayout.Rdeth | HeaderLayout.Deth, rc.Response,
                    TransportService.ReliableDatagram);
            if (code <= 0x17)
                AssertDerived(0xA0 + code, rc, rc.IsResponse ? HeaderLayout.None : HeaderLayout.XrcEth, rc.Response,
                    TransportService.ExtendedReliableConnection);
        }
    }

    [Theory]
    [InlineData(0x64, HeaderLayout.Deth, 20)]
    [InlineData(0x65, HeaderLayout.Deth | HeaderLayout.ImmDt, 24)]
    public void DatagramRows(byte code, HeaderLayout headers, int length)
    {
        var traits = OpcodeTraits.Of((Opcode)code);
        Assert.Equal((headers, length), (traits.Headers, traits.HeaderLength));
        Assert.Equal((PayloadRule.UpToPathMtu, PacketPosition.Only, ResponseKind.None), (traits.Payload, traits.Position, traits.Response));
        Assert.Equal(ReceiveWqeUse.Takes | ReceiveWqeUse.Completes, traits.ReceiveWqe);
        Assert.Equal(TransportService.UnreliableDatagram, traits.Transport);
    }

    /// <summary>R-WIRE-9: a CNP is neither request nor response.</summary>
    [Fact]
    public void CongestionNotificationIsNeitherRequestNorResponse()
    {
        var traits = OpcodeTraits.Of(Opcode.CongestionNotification);
        Assert.Equal((12, PayloadRule.SixteenBytes), (traits.HeaderLength, traits.Payload));
        Assert.False(traits.IsRequest || traits.IsResponse);
    }

    [Fact]
    public void ExactlyTheNamedOpcodesAreKnown()
    {
        int[] rc = [.. Enumerable.Range(0x00, 0x15), 0x16, 0x17, 0x1C, 0x1D];
        int[] known =
        [
            .. rc, .. Enumerable.Range(0x20, 0x0C), .. Enumerable.Range(0x40, 0x16), 0x5C, 0x64, 0x65, 0x81,
            .. Enumerable.Range(0xA0, 0x15), 0xB6, 0xB7,
        ];
        int[] reserved = [0x15, 0x18, 0x19, 0x1A, 0x1B, 0x1E, 0x1F, 0xB5, .. Enumerable.Range(0xB8, 8)];
        for (var code = 0; code < 256; code++)
        {
            var traits = OpcodeTraits.Of((Opcode)code);
            Assert.Equal(known.Contains(code), traits.IsKnown);
            Assert.Equal(reserved.Contains(code), traits.IsReserved);
            Assert.Equal(known.Contains(code), Enum.IsDefined((Opcode)code));
            Assert.Equal(Math.Min(code >> 5, 6), (int)traits.Transport);
            Assert.InRange(traits.HeaderLength, 12, PacketWriter.MaxHeaderLength);
        }
    }

    [Theory]
    [InlineData(Opcode.RcSendFirst, 1024, true)]
    [InlineData(Opcode.RcSendFirst, 1023, false)]
    [InlineData(Opcode.RcSendLast, 0, false)]
    [InlineData(Opcode.RcSendLast, 1024, true)]
    [InlineData(Opcode.RcSendLast, 1025, false)]
    [InlineData(Opcode.RcSendOnly, 0, true)]
    [InlineData(Opcode.RcSendOnly, 1025, false)]
    [InlineData(Opcode.RcReadRequest, 1, false)]
    [InlineData(Opcode.RcAtomicWrite, 8, true)]
    [InlineData(Opcode.RcAtomicWrite, 7, false)]
    [InlineData(Opcode.CongestionNotification, 16, true)]
    public void PayloadLengthsAreJudged(Opcode opcode, int length, bool fits) =>
        Assert.Equal(fits, OpcodeTraits.Of(opcode).PayloadFits(length, pathMtu: 1024));

    private static void AssertDerived(int code, OpcodeTraits rc, HeaderLayout extra, ResponseKind response, TransportService transport)
    {
        var traits = OpcodeTraits.Of((Opcode)code);
        var extraLength = (extra.HasFlag(HeaderLayout.Rdeth) ? 4 : 0) + (extra.HasFlag(HeaderLayout.Deth) ? 8 : 0)
            + (extra.HasFlag(HeaderLayout.XrcEth) ? 4 : 0);
        Assert.Equal(rc.Headers | extra, traits.Headers);
        Assert.Equal(rc.HeaderLength + extraLength, traits.HeaderLength);
        Assert.Equal((rc.Payload, rc.Position, rc.ReceiveWqe, response),
            (traits.Payload, traits.Position, traits.ReceiveWqe, traits.Response));
        Assert.Equal((rc.Group, rc.Followers, transport), (traits.Group, traits.Followers, traits.Transport));
    }

    private static HeaderLayout Headers(string names) =>
        names.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate(HeaderLayout.None, (all, name) => all | Enum.Parse<HeaderLayout>(name));
}

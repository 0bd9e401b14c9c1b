using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>responder.md section 3: each row against every request opcode, reserved ones included (R-WIRE-14).</summary>
public sealed class OpcodeSequenceTests
{
    private static readonly Opcode[] SendContinuations =
        [Opcode.RcSendMiddle, Opcode.RcSendLast, Opcode.RcSendLastImmediate, Opcode.RcSendLastInvalidate];

    private static readonly Opcode[] WriteContinuations = [Opcode.RcWriteMiddle, Opcode.RcWriteLast, Opcode.RcWriteLastImmediate];

    private static readonly Opcode[] Starts =
    [
        Opcode.RcSendFirst, Opcode.RcSendOnly, Opcode.RcSendOnlyImmediate, Opcode.RcSendOnlyInvalidate, Opcode.RcWriteFirst,
        Opcode.RcWriteOnly, Opcode.RcWriteOnlyImmediate, Opcode.RcReadRequest, Opcode.RcCompareSwap, Opcode.RcFetchAdd,
        Opcode.RcFlush, Opcode.RcAtomicWrite,
    ];

    private static readonly Opcode[] Reserved =
        [(Opcode)0x15, (Opcode)0x18, (Opcode)0x19, (Opcode)0x1A, (Opcode)0x1B, (Opcode)0x1E, (Opcode)0x1F];

    public static TheoryData<string, Opcode, bool> Rows()
    {
        var rows = new TheoryData<string, Opcode, bool>();
        Add("none", Starts);
        Add("send first", SendContinuations);
        Add("send middle", SendContinuations);
        Add("send last", Starts);
        Add("write first", WriteContinuations);
        Add("write middle", WriteContinuations);
        Add("write last", Starts);
        Add("read", Starts);
        Add("atomic", Starts);
        Add("flush", Starts);
        Add("atomic write", Starts);
        return rows;

        void Add(string before, Opcode[] legal)
        {
            foreach (var next in (Opcode[])[.. Starts, .. SendContinuations, .. WriteContinuations, .. Reserved])
                rows.Add(before, next, legal.Contains(next));
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void EachRowOfTheTable(string before, Opcode next, bool legal)
    {
        var side = new ReceiveSide(10, receives: 4);
        foreach (var request in Before(side, before, next)) side.Accept(request);
        side.PollAll();
        var psn = side.Expected;
        side.Receive(side.Legal(next, psn));
        if (legal)
        {
            Assert.Equal(Telemetry.DropReason.None, side.LastDrop);
            Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
            return;
        }

        Assert.Equal(Telemetry.DropReason.BadOpcode, side.LastDrop);
        Assert.Equal($"NAK1 {psn}", side.Answers());
        Assert.Equal(QueuePairState.Error, side.Context.State);
        Assert.Equal(psn, side.Expected);
    }

    private static Request[] Before(ReceiveSide side, string before, Opcode next)
    {
        // The last packet of a legal WRITE carries 100 bytes; before a MIDDLE more must be left.
        var packets = (before == "write middle" ? 2u : 1u) + (next == Opcode.RcWriteMiddle ? 3u : 0u);
        var write = side.Legal(Opcode.RcWriteFirst, 10) with { Length = (packets * ReceiveSide.Mtu) + 100 };
        return before switch
        {
            "none" => [],
            "send first" => [side.Legal(Opcode.RcSendFirst, 10)],
            "send middle" => [side.Legal(Opcode.RcSendFirst, 10), side.Legal(Opcode.RcSendMiddle, 11)],
            "send last" => [side.Legal(Opcode.RcSendFirst, 10), side.Legal(Opcode.RcSendLast, 11)],
            "write first" => [write],
            "write middle" => [write, side.Legal(Opcode.RcWriteMiddle, 11)],
            "write last" => [side.Legal(Opcode.RcWriteFirst, 10), side.Legal(Opcode.RcWriteLast, 11)],
            "read" => [side.Read(10, 0, 8)],
            "atomic" => [side.Legal(Opcode.RcFetchAdd, 10)],
            "flush" => [side.Legal(Opcode.RcFlush, 10)],
            "atomic write" => [side.Legal(Opcode.RcAtomicWrite, 10)],
            _ => throw new ArgumentOutOfRangeException(nameof(before)),
        };
    }
}

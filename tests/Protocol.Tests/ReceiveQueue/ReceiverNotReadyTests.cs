using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>responder.md section 6.</summary>
public sealed class ReceiverNotReadyTests
{
    private const uint E = 70;

    [Theory] // Check 5: which packets need a receive work request; R-RESP-15: syndrome 0x20 | min_rnr_timer, PSN refused, MSN current.
    [InlineData(Opcode.RcSendFirst)]
    [InlineData(Opcode.RcSendOnly)]
    [InlineData(Opcode.RcSendOnlyImmediate)]
    [InlineData(Opcode.RcSendOnlyInvalidate)]
    [InlineData(Opcode.RcWriteOnlyImmediate)]
    public void AMessageWithoutAReceiveIsPutOff(Opcode opcode)
    {
        var side = new ReceiveSide(E);
        side.Accept(side.Legal(Opcode.RcWriteOnly, E));
        side.PollAll();
        var before = side.Region.ToArray();
        var refused = side.Legal(opcode, E + 1);
        side.Receive(refused with { Payload = ReceiveSide.Pattern(refused.Payload.Length, 9) });
        Assert.Equal(DropReason.NoReceiveBuffer, side.LastDrop);
        var answer = Assert.Single(side.PollAll());
        Assert.Equal((Opcode.RcAcknowledge, E + 1, (byte)(0x20 | 12), 1u), (answer.Opcode, answer.Psn, answer.Syndrome!.Value, answer.Msn));
        Assert.Equal(E + 1, side.Expected);
        Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
        Assert.Equal(before, side.Region.ToArray());
        Assert.Equal(1, side.Scope.Counters.SentRnr);

        side.PostReceive(1, 256);
        side.Accept(side.Legal(opcode, E + 1));
        Assert.Equal($"ACK {E + 1}", side.Answers());
    }

    [Theory]
    [InlineData(Opcode.RcWriteOnly)]
    [InlineData(Opcode.RcWriteFirst)]
    [InlineData(Opcode.RcReadRequest)]
    [InlineData(Opcode.RcFetchAdd)]
    public void OneSidedOperationsNeedNoReceive(Opcode opcode)
    {
        var side = new ReceiveSide(E);
        side.Accept(side.Legal(opcode, E));
    }

    [Fact] // R-RESP-9: the earlier packets of a WRITE stay placed; only the LAST is refused and retried. R-RESP-8: nothing of it is placed.
    public void AWriteWithImmediateIsPutOffAtItsLastPacket()
    {
        var side = new ReceiveSide(E);
        side.Accept(side.Legal(Opcode.RcWriteFirst, E));
        side.Receive(side.Legal(Opcode.RcWriteLastImmediate, E + 1));
        Assert.Equal("RNR 71", side.Answers());
        Assert.Equal(ReceiveSide.Pattern(256, (int)E), side.Region[..256].ToArray());
        Assert.Equal(-1, side.Region[256..].IndexOfAnyExcept((byte)0));

        side.PostReceive(4, 0);
        side.Accept(side.Legal(Opcode.RcWriteLastImmediate, E + 1) with { Immediate = 0x01020304 });
        Assert.Equal("ACK 71", side.Answers());
        var completion = Assert.Single(side.Completions());
        Assert.Equal((4ul, 356u, 0x01020304u), (completion.WorkRequestId, completion.ByteLength, completion.Immediate));
        Assert.Equal(ReceiveSide.Pattern(100, (int)E + 1), side.Region[256..356].ToArray());
    }

    [Fact] // R-RESP-15: refused again and again while nothing is posted; nothing changes.
    public void EachAttemptIsPutOffAnew()
    {
        var side = new ReceiveSide(E);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            side.Receive(side.Legal(Opcode.RcSendOnly, E));
            Assert.Equal("RNR 70", side.Answers());
        }

        Assert.Equal(0u, side.State.Msn.Value);
    }

    [Fact] // An RNR NAK that did not leave before the packet came again and was executed is withdrawn: it would refuse an executed PSN.
    public void AnUnsentRnrNakIsWithdrawn()
    {
        var side = new ReceiveSide(E);
        side.Receive(side.Legal(Opcode.RcSendOnly, E));
        side.PostReceive(1, 256);
        side.Accept(side.Legal(Opcode.RcSendOnly, E));
        Assert.Equal("ACK 70", side.Answers());
    }

    [Fact] // … and so are packets forgotten that were dropped after an RNR NAK that did leave: the requester sends them again by itself.
    public void PacketsDroppedAfterASentRnrNakAreNotMissing()
    {
        var side = new ReceiveSide(E);
        side.Receive(side.Legal(Opcode.RcSendOnly, E));
        Assert.Equal("RNR 70", side.Answers());
        side.Receive(side.Legal(Opcode.RcSendOnly, E + 1));
        side.Receive(side.Legal(Opcode.RcSendOnly, E));
        side.PostReceive(1, 256);
        side.Accept(side.Legal(Opcode.RcSendOnly, E));
        Assert.Equal("ACK 70", side.Answers());
    }

    [Fact] // … and becomes a sequence NAK when packets behind it were dropped: the requester, never refused, would not send them again.
    public void AnUnsentRnrNakBecomesASequenceNakWhenPacketsWereDropped()
    {
        var side = new ReceiveSide(E);
        side.Receive(side.Legal(Opcode.RcSendOnly, E));
        side.Receive(side.Legal(Opcode.RcSendOnly, E + 1));
        side.PostReceive(1, 256);
        side.PostReceive(2, 256);
        side.Accept(side.Legal(Opcode.RcSendOnly, E));
        Assert.Equal("NAK0 71", side.Answers());
    }
}

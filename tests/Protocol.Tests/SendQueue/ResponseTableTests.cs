using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>The decision table for responses, row by row (R-REQ-33), and its surroundings (R-REQ-32 to R-REQ-37).</summary>
public sealed class ResponseTableTests
{
    [Fact] // ACK, p ≥ una, no data missing.
    public void AckCompletesEverythingUpToItsPsn()
    {
        var side = Sends(4);
        Assert.Equal(DropReason.None, side.Ack(102));
        Assert.Equal("1 Success, 2 Success, 3 Success", side.Completed());
        Assert.Equal(0, side.Machine.Counters.Retries);
    }

    [Fact] // R-REQ-36
    public void AckOfAPartCompletesNothing()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, 3 * SendSide.Mtu);
        side.PollAll();
        side.Ack(101);
        Assert.Equal("", side.Completed());
        side.AwaitDeadline();
        Assert.Equal("SendLast 102!", side.Sent());
        side.Ack(102);
        Assert.Equal("1 Success", side.Completed());
    }

    [Theory] // ACK, p ≥ una, data missing at or before p: implied NAK.
    [InlineData(SendOpcode.RdmaRead, "ReadRequest 101!, SendOnly 102!")]
    [InlineData(SendOpcode.FetchAndAdd, "FetchAdd 101!, SendOnly 102!")]
    public void AckBeyondMissingDataIsAnImpliedNak(SendOpcode opcode, string again)
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send);
        side.Post(2, opcode);
        side.Post(3, SendOpcode.Send);
        side.PollAll();
        Assert.Equal(DropReason.None, side.Ack(102));
        Assert.Equal("1 Success", side.Completed());
        Assert.Equal(again, side.Sent());
        Assert.Equal(1, side.Machine.Counters.Retries);
        Assert.Equal((1, 0), (side.Machine.Counters.ImpliedNaks, side.Machine.Counters.AckTimeouts));
    }

    [Fact]
    public void AckInsideARangeOfResponsesAcknowledgesOnlyWhatIsBefore()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.RdmaRead, 1000);
        side.PollAll();
        side.Ack(102);
        Assert.Equal("1 Success", side.Completed());
        Assert.Equal("", side.Sent());
        Assert.Equal(0, side.Machine.Counters.Retries);
    }

    [Fact] // ACK, p < una; R-REQ-32: beyond what was sent.
    public void GhostsAreDroppedWithoutEffect()
    {
        var side = Sends(3);
        side.Ack(101);
        var deadline = side.Machine.NextDeadline;
        side.Now = side.Now.After(1000);
        foreach (var psn in (uint[])[100, 101, 99, 103, 200, 100 + (1 << 23)])
        {
            Assert.Equal(DropReason.StaleAck, side.Ack(psn));
            Assert.Equal(DropReason.StaleAck, side.Nak(psn, NakCode.RemoteAccessError));
            Assert.Equal(DropReason.StaleAck, side.Nak(psn, NakCode.PsnSequenceError));
            Assert.Equal(DropReason.StaleAck, side.Rnr(psn));
        }

        Assert.Equal(deadline, side.Machine.NextDeadline);
        Assert.Equal("1 Success, 2 Success", side.Completed());
        Assert.Equal("", side.Sent());
        var counters = side.Machine.Counters;
        Assert.Equal((0, 0, 0), (counters.Retries, counters.ReceivedRnr, counters.ReceivedSequenceError));
    }

    [Fact] // R-REQ-32: nothing outstanding.
    public void WithNothingOutstandingEverythingIsAGhost()
    {
        var side = new SendSide();
        Assert.Equal(DropReason.StaleAck, side.Ack(100));
        Assert.Equal(DropReason.StaleAck, side.ReadResponse(Opcode.RcReadResponseOnly, 100, []));
    }

    [Fact] // READ RESP, p = expected: acknowledges what is before it. (Placement: ReadAtomicTests.)
    public void ReadResponseAcknowledgesWhatIsBeforeIt()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaWrite, 600);
        side.Post(2, SendOpcode.RdmaRead, 600);
        side.PollAll();
        side.ReadResponse(Opcode.RcReadResponseFirst, 103, new byte[256]);
        Assert.Equal("1 Success", side.Completed());
    }

    [Fact] // READ RESP, p > expected.
    public void ReadResponseBeyondTheExpectedIsAnImpliedNak()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.RdmaRead, 600);
        side.PollAll();
        Assert.Equal(DropReason.OutOfSequence, side.ReadResponse(Opcode.RcReadResponseMiddle, 102, new byte[256]));
        Assert.Equal("1 Success", side.Completed());
        Assert.Equal("ReadRequest 101!", side.Sent());
        Assert.Equal(1, side.Machine.Counters.Retries);
        Assert.Equal(1, side.Machine.Counters.ImpliedNaks);
    }

    [Theory] // READ RESP or ATOMIC ACK where the work request awaits none.
    [InlineData(Opcode.RcReadResponseOnly)]
    [InlineData(Opcode.RcAtomicAcknowledge)]
    public void DataForASendAreABadResponse(Opcode opcode)
    {
        var side = Sends(2);
        side.Receive(SendSide.Response(opcode, 100, [], Aeth.Ack(0x1F, 0)));
        Assert.Equal("1 BadResponseError, 2 WorkRequestFlushedError", side.Completed());
    }

    [Fact]
    public void DataForASendBeforeAReadAreABadResponse()
    {
        var side = Sends(1);
        side.Post(2, SendOpcode.RdmaRead, 8);
        side.PollAll();
        side.ReadResponse(Opcode.RcReadResponseOnly, 100, new byte[8]);
        Assert.Equal("1 BadResponseError, 2 WorkRequestFlushedError", side.Completed());
    }

    [Theory] // The kind must be that of the work request.
    [InlineData(SendOpcode.RdmaRead, Opcode.RcAtomicAcknowledge, 0)]
    [InlineData(SendOpcode.FetchAndAdd, Opcode.RcReadResponseOnly, 8)]
    public void DataOfTheOtherKindAreABadResponse(SendOpcode posted, Opcode opcode, int payload)
    {
        var side = new SendSide();
        side.Post(1, posted);
        side.PollAll();
        side.Receive(SendSide.Response(opcode, 100, new byte[payload], Aeth.Ack(0x1F, 0)));
        Assert.Equal("1 BadResponseError", side.Completed());
    }

    [Fact] // ATOMIC ACK, p = first PSN of the oldest incomplete one.
    public void AtomicAckAcknowledgesWhatIsBeforeIt()
    {
        var side = Sends(1);
        side.Post(2, SendOpcode.FetchAndAdd);
        side.PollAll();
        Assert.Equal(DropReason.None, side.AtomicAck(101, 77));
        Assert.Equal("1 Success, 2 Success", side.Completed());
        Assert.Equal(77UL, BitConverter.ToUInt64(side.Sink));
    }

    [Fact] // ATOMIC ACK, other PSN.
    public void AtomicAckBeyondTheExpectedIsAnImpliedNak()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.FetchAndAdd);
        side.Post(2, SendOpcode.CompareAndSwap);
        side.PollAll();
        Assert.Equal(DropReason.OutOfSequence, side.AtomicAck(101, 77));
        Assert.Equal("FetchAdd 100!, CompareSwap 101!", side.Sent());
        Assert.Equal(0UL, BitConverter.ToUInt64(side.Sink));
    }

    [Fact] // RNR NAK.
    public void RnrNakAcknowledgesWhatIsBeforeItAndWaits()
    {
        var side = Sends(3);
        Assert.Equal(DropReason.None, side.Rnr(101));
        Assert.Equal("1 Success", side.Completed());
        Assert.Equal("", side.Sent());
        side.AwaitDeadline();
        Assert.Equal("SendOnly 101!, SendOnly 102!", side.Sent());
        Assert.Equal(1, side.Machine.Counters.ReceivedRnr);
    }

    [Fact] // RNR NAK beyond missing data: implied NAK for them.
    public void RnrNakBeyondAReadSendsTheReadAgain()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaRead, 8);
        side.Post(2, SendOpcode.Send);
        side.PollAll();
        side.Rnr(101);
        Assert.Equal("", side.Completed());
        Assert.Equal(1, side.Machine.Counters.Retries);
        side.AwaitDeadline();
        Assert.Equal("ReadRequest 100!, SendOnly 101!", side.Sent());
    }

    [Fact] // NAK 0.
    public void SequenceNakSendsAgainFromItsPsn()
    {
        var side = Sends(4);
        Assert.Equal(DropReason.None, side.Nak(102, NakCode.PsnSequenceError));
        Assert.Equal(Work.SendDue, side.LastWork & Work.SendDue);
        Assert.Equal("1 Success, 2 Success", side.Completed());
        Assert.Equal("SendOnly 102!, SendOnly 103!", side.Sent());
        var counters = side.Machine.Counters;
        Assert.Equal((1, 1, 2), (counters.Retries, counters.ReceivedSequenceError, counters.Retransmitted));
    }

    [Theory] // NAK 1, 2, 3; R-CQ-17: only the first has the real status.
    [InlineData(NakCode.InvalidRequest, WorkCompletionStatus.RemoteInvalidRequestError)]
    [InlineData(NakCode.RemoteAccessError, WorkCompletionStatus.RemoteAccessError)]
    [InlineData(NakCode.RemoteOperationalError, WorkCompletionStatus.RemoteOperationError)]
    public void FatalNakFailsTheWorkRequestThatHoldsItsPsn(NakCode code, WorkCompletionStatus status)
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.RdmaWrite, 600);
        side.Post(3, SendOpcode.Send);
        side.PollAll();
        Assert.Equal(DropReason.None, side.Nak(102, code));
        Assert.Equal($"1 Success, 2 {status}, 3 WorkRequestFlushedError", side.Completed());
        Assert.Equal(QueuePairState.Error, side.Context.State);
        // The completion tells it; there is no event.
        Assert.Empty(side.Events);
    }

    [Fact] // A READ whose answer was lost before the failing one: its outcome is unknown.
    public void FatalNakBehindMissingDataFlushesThem()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaRead, 8);
        side.Post(2, SendOpcode.RdmaWrite, 8);
        side.Post(3, SendOpcode.Send, 8);
        side.PollAll();
        side.Nak(101, NakCode.RemoteAccessError);
        Assert.Equal("1 WorkRequestFlushedError, 2 RemoteAccessError, 3 WorkRequestFlushedError", side.Completed());
    }

    public static TheoryData<byte> ReservedSyndromes() =>
        [.. Enumerable.Range(0x64, 28).Concat(Enumerable.Range(0x40, 32)).Select(s => (byte)s)];

    [Theory, MemberData(nameof(ReservedSyndromes))] // NAK 4, reserved NAK codes, AETH type 10.
    public void ReservedSyndromesAreDropped(byte syndrome)
    {
        var side = Sends(2);
        var bytes = SendSide.Response(Opcode.RcAcknowledge, 100, [], Aeth.Ack(0, 0));
        bytes[12] = syndrome;
        Assert.Equal(DropReason.BadHeader, side.Receive(bytes));
        Assert.Equal("", side.Completed() + side.Sent());
        Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
    }

    [Fact] // R-REQ-37
    public void MsnDecidesNothing()
    {
        var side = Sends(3);
        side.Ack(100, msn: 0xFFFF);
        Assert.Equal("1 Success", side.Completed());
    }

    [Fact] // A response that was admitted before an earlier one of its burst took the queue pair to ERR.
    public void ResponseInErrorIsDropped()
    {
        var side = Sends(2);
        side.Nak(100, NakCode.InvalidRequest);
        Assert.Equal(DropReason.QpState, side.Ack(101));
    }

    private static SendSide Sends(int count)
    {
        var side = new SendSide();
        for (ulong id = 1; id <= (ulong)count; id++) side.Post(id, SendOpcode.Send);
        side.PollAll();
        return side;
    }
}

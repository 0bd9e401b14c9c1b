using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>Waiting for a receiver that is not ready (R-REQ-42, R-REQ-43).</summary>
public sealed class ReceiverNotReadyTests
{
    public static TheoryData<int, long> RnrTimers()
    {
        long[] tenMicroseconds =
        [
            65536, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072,
            4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152,
        ];
        var data = new TheoryData<int, long>();
        for (var code = 0; code < 32; code++) data.Add(code, tenMicroseconds[code] * 10_000);
        return data;
    }

    [Theory, MemberData(nameof(RnrTimers))] // R-REQ-42, R-REQ-43: all 32.
    public void RnrNakWaitsItsTime(int code, long nanoseconds)
    {
        var side = Sends(2, timeout: 1);
        side.Rnr(100, (byte)code);
        Assert.Equal("", side.Sent());
        Assert.Equal(nanoseconds, side.AwaitDeadline());
        Assert.Equal("SendOnly 100!, SendOnly 101!", side.Sent());
    }

    [Theory] // R-REQ-42
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(6)]
    public void RnrRetriesAreCounted(int retries)
    {
        var side = Sends(2, rnrRetries: retries);
        for (var i = 0; i < retries; i++)
        {
            side.Rnr(100);
            side.AwaitDeadline();
            side.PollAll();
        }

        Assert.Equal("", side.Completed());
        side.Rnr(100);
        Assert.Equal("1 RnrRetryExceededError, 2 WorkRequestFlushedError", side.Completed());
        Assert.Equal((1, 0), (side.Machine.Counters.RnrRetryExceeded, side.Machine.Counters.Retries));
    }

    [Fact] // R-REQ-42
    public void RnrRetrySevenIsInfinite()
    {
        var side = Sends(1, rnrRetries: 7);
        for (var i = 0; i < 100; i++)
        {
            side.Rnr(100);
            side.AwaitDeadline();
            Assert.Equal("SendOnly 100!", side.Sent());
        }
    }

    [Fact] // R-REQ-42
    public void RepeatedRnrNakDuringTheWaitIsIgnored()
    {
        var side = Sends(1, rnrRetries: 1);
        side.Rnr(100, 10);
        var deadline = side.Machine.NextDeadline;
        side.Now = side.Now.After(1000);
        Assert.Equal(DropReason.Duplicate, side.Rnr(100, 1));
        Assert.Equal(DropReason.Duplicate, side.Rnr(100, 20));
        Assert.Equal(deadline, side.Machine.NextDeadline);
    }

    [Fact] // R-REQ-42: only an RNR NAK for the same PSN is a repetition; another one acknowledges what is before it and begins a wait.
    public void RnrNakForALaterPsnDuringTheWaitBeginsAnotherWait()
    {
        var side = Sends(2);
        side.Rnr(100, 1);
        Assert.Equal(DropReason.None, side.Rnr(101, 12));
        Assert.Equal("1 Success", side.Completed());
        Assert.Equal(640_000, side.AwaitDeadline());
        Assert.Equal("SendOnly 101!", side.Sent());
    }

    [Fact] // R-REQ-42: at least the time coded; R-REQ-39: nothing is sent meanwhile, not even what is new.
    public void NothingIsSentDuringTheWait()
    {
        var side = Sends(1);
        side.Rnr(100, 12);
        side.Post(2, SendOpcode.RdmaWrite);
        Assert.False(side.Machine.HasRequestWork);
        Assert.Null(side.Poll());
        side.Now = side.Now.After(639_999);
        side.Machine.HandleDeadline(side.Now);
        Assert.Null(side.Poll());
        Assert.Equal(1, side.AwaitDeadline());
        Assert.Equal("SendOnly 100!, WriteOnly 101!", side.Sent());
    }

    [Fact] // R-REQ-34: what was acknowledged during the wait is not sent again, and what comes next begins at its beginning.
    public void WhatIsAcknowledgedDuringTheWaitIsNotSentAgain()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, 600);
        side.PollAll();
        side.Nak(100, NakCode.PsnSequenceError);
        Assert.Equal("SendFirst 100", side.Poll()!.ToString());
        side.Rnr(100);
        side.Ack(102);
        Assert.Equal("1 Success", side.Completed());
        side.AwaitDeadline();
        Assert.Equal("", side.Sent());
        side.Post(2, SendOpcode.Send, 300);
        Assert.Equal("SendFirst 103, SendLast 104!", side.Sent());
    }

    [Fact] // R-REQ-38: timeout 0 is never, after a wait for the receiver too.
    public void TimeoutZeroNeverFiresAfterAWaitEither()
    {
        var side = Sends(1, timeout: 0);
        side.Rnr(100);
        side.AwaitDeadline();
        Assert.Equal(Instant.Never, side.Machine.NextDeadline);
        Assert.Equal("SendOnly 100!", side.Sent());
        Assert.Equal(Instant.Never, side.Machine.NextDeadline);
    }

    [Fact] // R-REQ-41, R-REQ-42: the implied NAK uses up the last retry, so nobody waits for the receiver any more.
    public void NoWaitBeginsInError()
    {
        var side = new SendSide(retries: 0);
        side.Post(1, SendOpcode.RdmaRead, 8);
        side.Post(2, SendOpcode.Send);
        side.PollAll();
        side.Rnr(101);
        Assert.Equal("1 RetryExceededError, 2 WorkRequestFlushedError", side.Completed());
        Assert.Equal(Instant.Never, side.Machine.NextDeadline);
        Assert.Equal(0, side.Machine.Counters.RnrRetryExceeded);
    }

    [Fact] // R-REQ-42
    public void SequenceNakDuringTheWaitDoesNotShortenItAndCostsNothing()
    {
        var side = Sends(3, retries: 0);
        side.Rnr(100, 10);
        var deadline = side.Machine.NextDeadline;
        side.Nak(100, NakCode.PsnSequenceError);
        Assert.Equal("", side.Sent());
        Assert.Equal(deadline, side.Machine.NextDeadline);
        side.AwaitDeadline();
        Assert.Equal("SendOnly 100!, SendOnly 101!, SendOnly 102!", side.Sent());
    }

    [Fact] // R-REQ-39: the transport timer does not run during the wait, and runs after it.
    public void TransportTimerStandsStillDuringTheWait()
    {
        var side = Sends(1, timeout: 1, retries: 1);
        side.Rnr(100, 0);
        side.AwaitDeadline();
        Assert.Equal(0, side.Machine.Counters.Retries);
        side.PollAll();
        Assert.Equal(8192, side.AwaitDeadline());
        Assert.Equal(1, side.Machine.Counters.Retries);
    }

    [Fact] // R-REQ-34: an RNR NAK that acknowledges something is progress.
    public void ProgressReloadsTheRnrCount()
    {
        var side = Sends(4, rnrRetries: 1);
        for (uint psn = 100; psn < 104; psn++)
        {
            side.Rnr(psn);
            side.AwaitDeadline();
            side.PollAll();
        }

        Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
    }

    private static SendSide Sends(int count, int timeout = 14, int retries = 3, int rnrRetries = 3, QueuePairOptions? options = null)
    {
        var side = new SendSide(timeout: timeout, retries: retries, rnrRetries: rnrRetries, options: options);
        for (ulong id = 1; id <= (ulong)count; id++) side.Post(id, SendOpcode.Send);
        side.PollAll();
        return side;
    }
}

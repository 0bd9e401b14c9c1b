using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>Timers and retries (requester.md section 9).</summary>
public sealed class RetryTests
{
    [Theory] // R-REQ-38
    [InlineData(1, 8_192)]
    [InlineData(8, 1_048_576)]
    [InlineData(12, 16_777_216)]
    [InlineData(14, 67_108_864)]
    [InlineData(16, 268_435_456)]
    [InlineData(17, 536_870_912)]
    [InlineData(18, 1_073_741_824)]
    [InlineData(20, 4_294_967_296)]
    [InlineData(22, 17_179_869_184)]
    [InlineData(31, 8_796_093_022_208)]
    public void TimeoutFiresAfterItsTime(int code, long nanoseconds)
    {
        Assert.Equal(nanoseconds, TransportTimeout.ToNanoseconds(code));
        var side = Sends(1, timeout: code);
        Assert.Equal(nanoseconds, side.AwaitDeadline());
        Assert.Equal("SendOnly 100!", side.Sent());
    }

    [Fact] // R-REQ-38: doubling with every code.
    public void EveryTimeoutCodeDoubles()
    {
        for (var code = 1; code <= 31; code++) Assert.Equal(4096L << code, TransportTimeout.ToNanoseconds(code));
    }

    [Fact] // R-REQ-38
    public void TimeoutZeroNeverFires()
    {
        var side = Sends(1, timeout: 0);
        Assert.Equal(Instant.Never, side.Machine.NextDeadline);
    }

    [Fact] // R-REQ-38: never before T after the last transmission or progress, never after 4 T.
    public void TimerRunsFromTheLastTransmissionOrProgress()
    {
        const long time = 67_108_864;
        var side = Sends(1);
        side.Now = side.Now.After(time / 2);
        side.Post(2, SendOpcode.Send);
        side.PollAll();
        var activity = side.Now;
        while (side.Machine.Counters.Retries == 0) side.AwaitDeadline();
        Assert.InRange(side.Now.Nanoseconds - activity.Nanoseconds, time, 4 * time);
        side.PollAll();
        side.Now = side.Now.After(time / 2);
        side.Ack(100);
        activity = side.Now;
        while (side.Machine.Counters.Retries == 1) side.AwaitDeadline();
        Assert.InRange(side.Now.Nanoseconds - activity.Nanoseconds, time, 4 * time);
    }

    [Fact] // R-REQ-34, R-REQ-39: it stops when nothing is outstanding.
    public void TimerStopsWhenAllIsAcknowledged()
    {
        var side = Sends(2);
        side.Ack(101);
        while (side.Machine.NextDeadline != Instant.Never) side.AwaitDeadline();
        Assert.Equal(0, side.Machine.Counters.Retries);
        Assert.Equal("", side.Sent());
    }

    [Fact] // A call that comes too early is harmless.
    public void EarlyCallDoesNothing()
    {
        var side = Sends(1);
        side.Machine.HandleDeadline(side.Now);
        Assert.Equal("", side.Sent());
    }

    [Fact] // R-REQ-40: what is to be sent again and was not given a turn yet is not late.
    public void APassThatHasNotBegunDoesNotTimeOut()
    {
        var side = Sends(2, retries: 1);
        side.Nak(100, NakCode.PsnSequenceError);
        side.AwaitDeadline();
        Assert.Equal((1, 0), (side.Machine.Counters.Retries, side.Machine.Counters.AckTimeouts));
        Assert.Equal("SendOnly 100!, SendOnly 101!", side.Sent());
        Assert.Equal("", side.Completed());
    }

    [Fact] // R-REQ-40: go-back-N.
    public void TimeoutSendsEverythingUnacknowledgedAgain()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaWrite, 600);
        side.Post(2, SendOpcode.Send);
        side.PollAll();
        side.Ack(100);
        side.AwaitDeadline();
        Assert.Equal("WriteMiddle 101, WriteLast 102!, SendOnly 103!", side.Sent());
        Assert.Equal(3, side.Machine.Counters.Retransmitted);
    }

    [Theory] // R-REQ-40, R-REQ-41: retry_cnt + 1 transmissions; 7 means seven.
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void RetriesAreCounted(int retries)
    {
        var side = Sends(2, retries: retries);
        for (var i = 0; i < retries; i++)
        {
            side.AwaitDeadline();
            Assert.Equal("SendOnly 100!, SendOnly 101!", side.Sent());
            Assert.Equal("", side.Completed());
        }

        side.AwaitDeadline();
        Assert.Equal("1 RetryExceededError, 2 WorkRequestFlushedError", side.Completed());
        Assert.Equal(QueuePairState.Error, side.Context.State);
        Assert.Equal((retries, 1), (side.Machine.Counters.Retries, side.Machine.Counters.RetryExceeded));
        Assert.Equal((retries + 1, 0), (side.Machine.Counters.AckTimeouts, side.Machine.Counters.ImpliedNaks));
        Assert.Equal(Instant.Never, side.Machine.NextDeadline);
    }

    [Fact] // R-REQ-41: the switch for peers like Soft-RoCE.
    public void SevenMayBeInfinite()
    {
        var side = Sends(1, retries: 7, options: new QueuePairOptions { Retry7IsInfinite = true });
        for (var i = 0; i < 50; i++)
        {
            side.AwaitDeadline();
            Assert.Equal("SendOnly 100!", side.Sent());
        }
    }

    [Fact] // R-REQ-41: timeouts, sequence NAKs and implied NAKs share one count.
    public void AllCausesShareTheCount()
    {
        var side = new SendSide(retries: 3);
        side.Post(1, SendOpcode.RdmaRead, 600);
        side.Post(2, SendOpcode.Send);
        side.PollAll();
        side.Ack(103);
        side.PollAll();
        side.AwaitDeadline();
        side.PollAll();
        side.AwaitDeadline();
        side.PollAll();
        Assert.Equal(3, side.Machine.Counters.Retries);
        Assert.Equal("", side.Completed());
        side.AwaitDeadline();
        Assert.Equal("1 RetryExceededError, 2 WorkRequestFlushedError", side.Completed());
    }

    [Fact] // R-REQ-34
    public void ProgressReloadsTheCount()
    {
        var side = new SendSide(retries: 1);
        side.Post(1, SendOpcode.Send, 10 * SendSide.Mtu);
        side.PollAll();
        for (uint psn = 100; psn < 109; psn++)
        {
            side.AwaitDeadline();
            side.PollAll();
            side.Ack(psn);
        }

        Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
        side.AwaitDeadline();
        side.PollAll();
        side.AwaitDeadline();
        Assert.Equal("1 RetryExceededError", side.Completed());
    }

    [Fact] // R-REQ-35
    public void RepeatedSequenceNakStartsNoSecondPass()
    {
        var side = Sends(3);
        side.Nak(101, NakCode.PsnSequenceError);
        Assert.Equal("SendOnly 101!", side.Poll()!.ToString());
        side.Nak(101, NakCode.PsnSequenceError);
        Assert.Equal("SendOnly 102!", side.Sent());
        side.Nak(101, NakCode.PsnSequenceError);
        Assert.Equal("", side.Sent());
        Assert.Equal(1, side.Machine.Counters.Retries);
        // Only a timeout may start it again.
        side.AwaitDeadline();
        Assert.Equal("SendOnly 101!, SendOnly 102!", side.Sent());
        Assert.Equal(2, side.Machine.Counters.Retries);
    }

    [Fact] // R-REQ-35: another PSN is another pass.
    public void SequenceNakForALaterPsnStartsAPass()
    {
        var side = Sends(4);
        side.Nak(100, NakCode.PsnSequenceError);
        side.PollAll();
        side.Nak(102, NakCode.PsnSequenceError);
        Assert.Equal("SendOnly 102!, SendOnly 103!", side.Sent());
    }

    [Fact] // R-REQ-8: a WRITE goes on in the middle without its RETH.
    public void AWriteIsRepeatedFromTheMissingPacket()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaWrite, 769);
        side.PollAll();
        side.Nak(102, NakCode.PsnSequenceError);
        var again = side.PollAll();
        Assert.Equal("WriteMiddle 102, WriteLast 103!", string.Join(", ", again));
        Assert.All(again, packet => Assert.Null(packet.Reth));
        Assert.Equal(SendSide.Bytes(512, 257), again.SelectMany(packet => packet.Payload));
    }

    [Fact] // R-REQ-45
    public void NewWorkRequestsFollowAllRetransmissions()
    {
        var side = Sends(3);
        side.Nak(100, NakCode.PsnSequenceError);
        side.Post(4, SendOpcode.RdmaWrite);
        Assert.Equal("SendOnly 100!, SendOnly 101!, SendOnly 102!, WriteOnly 103!", side.Sent());
    }

    [Fact] // What is acknowledged while it is being sent again need not be sent.
    public void PassSkipsWhatIsAcknowledgedMeanwhile()
    {
        var side = Sends(5);
        side.Nak(100, NakCode.PsnSequenceError);
        Assert.Equal("SendOnly 100!", side.Poll()!.ToString());
        side.Ack(103);
        Assert.Equal("SendOnly 104!", side.Sent());
    }

    [Fact] // The host was not able to send yet: that is no loss.
    public void TimeoutDoesNotCountWhileTheRetransmissionHasNotLeft()
    {
        const long time = 67_108_864;
        var side = Sends(1, retries: 1);
        for (var i = 0; i < 3; i++) Assert.Equal(time, side.AwaitDeadline());
        Assert.Equal("", side.Completed());
        Assert.Equal("SendOnly 100!", side.Sent());
    }

    [Fact] // R-REQ-40: what has left of a repetition and is not answered is late like anything else.
    public void ATimeoutInTheMiddleOfAPassStartsItAgain()
    {
        var side = Sends(3);
        side.Nak(100, NakCode.PsnSequenceError);
        Assert.Equal("SendOnly 100!", side.Poll()!.ToString());
        while (side.Machine.Counters.AckTimeouts == 0) side.AwaitDeadline();
        Assert.Equal("SendOnly 100!, SendOnly 101!, SendOnly 102!", side.Sent());
        Assert.Equal(2, side.Machine.Counters.Retries);
    }

    [Fact] // R-REQ-53, R-REQ-35: a pass that was running before RESET is forgotten.
    public void NoPassSurvivesReset()
    {
        var side = Sends(2);
        side.Nak(100, NakCode.PsnSequenceError);
        side.PollAll();
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.Reset }, side.Now);
        side.Connect(100, 4, 14, 3, 3);
        side.UnlimitCredits();
        side.Post(3, SendOpcode.Send);
        side.PollAll();
        side.Nak(100, NakCode.PsnSequenceError);
        Assert.Equal("SendOnly 100!", side.Sent());
    }

    [Fact] // The timer is told to the host when it is armed.
    public void DeadlineChangeIsReported()
    {
        var side = Sends(1);
        side.Rnr(100, 1);
        Assert.Equal(Work.DeadlineChanged, side.LastWork & Work.DeadlineChanged);
        side.Now = side.Machine.NextDeadline;
        Assert.Equal(Work.SendDue | Work.DeadlineChanged, side.Machine.HandleDeadline(side.Now));
        side.PollAll();
        side.Ack(99);
        Assert.Equal(Work.None, side.LastWork);
    }

    private static SendSide Sends(int count, int timeout = 14, int retries = 3, int rnrRetries = 3, QueuePairOptions? options = null)
    {
        var side = new SendSide(timeout: timeout, retries: retries, rnrRetries: rnrRetries, options: options);
        for (ulong id = 1; id <= (ulong)count; id++) side.Post(id, SendOpcode.Send);
        side.PollAll();
        return side;
    }
}

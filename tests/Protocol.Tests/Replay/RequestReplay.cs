using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>
/// The requests of one queue pair. The wire has room when Soft-RoCE sent: then one packet is taken from our requester and compared. Work
/// requests are posted when Soft-RoCE begins with them. Compared too: why and when ours sends something again, when its work requests
/// complete, and how.
/// </summary>
internal sealed class RequestReplay(ReplayEnd end, ReplaySetup setup, ReplayTally tally)
{
    // A timer is armed before it is known how long it must run, so its deadline may come once in vain.
    private const int MostDeadlines = 4;

    private readonly Psn _first = end.Record.FirstPsn;
    private readonly AcknowledgedMessages _acknowledged = new(end.Record.Messages);
    private int _posted;
    private int _completed;
    private int _sentSteps;
    private int _lastStep = -1;
    private Instant _lastActivity;
    private long _skew;
    private bool _hasCredits;
    private RepeatCause _theirs;
    private (RepeatCause Cause, int Frame, Instant Due) _ours;

    private QueuePairMachine Machine => end.Machine;

    /// <summary>Our time: that of the capture, and what ours waited longer for its timers.</summary>
    public Instant Now { get; private set; }

    /// <summary>Goes on to a frame of the capture and serves the timers that are due by then.</summary>
    public void Advance(CapturedFrame frame)
    {
        if (frame.Time.After(_skew) > Now) Now = frame.Time.After(_skew);
        while (Machine.NextDeadline <= Now) ServeDeadline(frame.Number);
    }

    /// <summary>A response arrives.</summary>
    public void Arrive(CapturedFrame frame)
    {
        var counters = Machine.Counters;
        var (sequence, implied, retries) = (counters.ReceivedSequenceError, counters.ImpliedNaks, counters.Retries);
        var refused = counters.ReceivedRnr;
        end.Receive(frame, Now);
        _lastActivity = Now;
        _acknowledged.Take(frame);
        CheckCompletions();
        Assert.True(_completed >= _acknowledged.Count, $"Frame {frame.Number} is the answer to message {_acknowledged.Count - 1}");
        if (frame.Traits.Operation == PacketOperation.Acknowledge)
        {
            var aeth = frame.View.Aeth;
            if (aeth.Kind == AethKind.Ack) _hasCredits = true;
            else if (aeth.Kind == AethKind.RnrNak) _theirs = RepeatCause.ReceiverNotReady;
            else if (aeth.NakCode == NakCode.PsnSequenceError && _theirs == RepeatCause.None) _theirs = RepeatCause.SequenceNak;
        }

        if (counters.ReceivedRnr != refused && counters.RnrRetryExceeded == 0) SetOurs(RepeatCause.ReceiverNotReady, frame.Number);
        else if (counters.Retries == retries) return;
        else if (counters.ReceivedSequenceError != sequence) SetOurs(RepeatCause.SequenceNak, frame.Number);
        else if (counters.ImpliedNaks != implied) SetOurs(RepeatCause.ImpliedNak, frame.Number);
    }

    /// <summary>Soft-RoCE sent a request.</summary>
    public void Expect(CapturedFrame frame)
    {
        var step = frame.Psn.StepsFrom(_first);
        PostUpTo(step);
        var theirs = Since(Now);
        tally.Requests++;
        var packet = end.PollRequest(Now) ?? (step < _sentSteps ? PollAfterDeadline(frame) : PollWithCredits(frame));
        if (packet is null) tally.Differ(frame.Number, $"{frame.Traits} psn {frame.Psn} / nothing");
        else if (PacketFields.Compare(frame, packet) is { } what) tally.Differ(frame.Number, what);
        if (step <= _lastStep) JudgeRepeat(frame, theirs);
        _theirs = RepeatCause.None;
        Note(frame.Psn);
        CheckCompletions();
        if (Machine.AwaitsHandover) Assert.Equal(frame.Traits.IsLast ? _posted : _posted - 1, _completed);
    }

    /// <summary>Soft-RoCE sent a request that is not in the capture.</summary>
    public void ExpectUnrecorded(UnrecordedPacket lost)
    {
        var psn = new Psn(lost.Psn);
        PostUpTo(psn.StepsFrom(_first));
        var packet = end.PollRequest(Now);
        Assert.NotNull(packet);
        Assert.Equal((lost.Opcode, lost.Psn), ((Opcode)packet[0], UInt24At(packet, 9)));
        Note(psn);
    }

    /// <summary>The capture ends: what is still to come is told by completions only.</summary>
    public void Finish(int frame)
    {
        if (_ours.Cause != RepeatCause.None) tally.Differ(_ours.Frame, $"nothing / repeats after {_ours.Cause}");
        for (var i = 0; i < MostDeadlines && setup.GivenUpWith is not null && Machine.NextDeadline != Instant.Never; i++)
            ServeDeadline(frame);
        Assert.Null(end.PollRequest(Now));
        CheckCompletions();
        Assert.Equal(end.Record.Messages.Count, _completed);
    }

    private void PostUpTo(int step)
    {
        var messages = end.Record.Messages;
        while (_posted < messages.Count && messages[_posted].First.StepsFrom(_first) <= step) end.Post(_posted++);
    }

    private void Note(Psn psn)
    {
        var message = end.Record.Messages.First(m => m.Holds(psn));
        _lastStep = (message.AwaitsData ? message.Last : psn).StepsFrom(_first);
        _sentSteps = Math.Max(_sentSteps, _lastStep + 1);
        _lastActivity = Now;
    }

    // Soft-RoCE knows no credits (R-REQ-19); ours sends one message and waits for the first ACK to tell them (R-REQ-17).
    private byte[]? PollWithCredits(CapturedFrame frame)
    {
        if (_hasCredits || end.Record.Type != QueuePairType.ReliableConnection) return null;
        _hasCredits = true;
        tally.Differ(frame.Number, $"{frame.Traits} psn {frame.Psn} / waits for credits");
        var bytes = SendSide.Response(Opcode.RcAcknowledge, _first.Previous.Value, [], Aeth.Ack(Aeth.UnlimitedCredit, 0));
        Assert.Equal(Telemetry.DropReason.None, PacketView.TryParse(bytes, out var view));
        Machine.ReceiveResponse(view, Now, out _);
        return end.PollRequest(Now);
    }

    // Soft-RoCE's timer fired sooner than ours: from here on our time is later by as much.
    private byte[]? PollAfterDeadline(CapturedFrame frame)
    {
        var before = Now;
        byte[]? packet = null;
        for (var i = 0; i < MostDeadlines && packet is null && Machine.NextDeadline != Instant.Never; i++)
        {
            Now = Machine.NextDeadline;
            ServeDeadline(frame.Number);
            packet = end.PollRequest(Now);
        }

        _skew += Now.Nanoseconds - before.Nanoseconds;
        return packet;
    }

    private long Since(Instant then) => (then.Nanoseconds - _lastActivity.Nanoseconds) / 1000;

    private void ServeDeadline(int frame)
    {
        var (due, timeouts) = (Machine.NextDeadline, Machine.Counters.AckTimeouts);
        Machine.HandleDeadline(due);
        if (_ours.Cause == RepeatCause.ReceiverNotReady) _ours.Due = due;
        else if (Machine.Counters.AckTimeouts != timeouts && Machine.Counters.RetryExceeded == 0) SetOurs(RepeatCause.Timeout, frame, due);
    }

    private void SetOurs(RepeatCause cause, int frame, Instant due = default)
    {
        if (_ours.Cause != RepeatCause.None) tally.Differ(_ours.Frame, $"nothing / repeats after {_ours.Cause}");
        _ours = (cause, frame, due);
    }

    private void JudgeRepeat(CapturedFrame frame, long elapsed)
    {
        var theirs = _theirs == RepeatCause.None ? RepeatCause.Timeout : _theirs;
        if (_ours.Cause != theirs) tally.Differ(frame.Number, $"repeats after {theirs} / {_ours.Cause} at frame {_ours.Frame}");
        else if (_ours.Due != default) tally.Differ(frame.Number, $"{theirs} after {elapsed} us / {Since(_ours.Due)} us");
        _ours = default;
    }

    private void CheckCompletions()
    {
        while (end.Poll(end.SendCq) is { } completion)
        {
            var index = _completed++;
            var message = end.Record.Messages[index];
            tally.Sends++;
            Assert.Equal(((ulong)index, StatusOf(index)), (completion.WorkRequestId, completion.Status));
            if (message.AwaitsData && completion.IsSuccess) Assert.Equal(end.Record.ReadBack(message), end.Local(index).ToArray());
        }
    }

    // R-REQ-33, R-REQ-48: what the answers in the capture mean for the work request; R-REQ-54: without answers it is done when it was sent.
    private WorkCompletionStatus StatusOf(int index)
    {
        var message = end.Record.Messages[index];
        if (index < (Machine.AwaitsHandover ? _posted : _acknowledged.Count)) return WorkCompletionStatus.Success;
        return end.Record.WasRefused(message) switch
        {
            NakCode.InvalidRequest => WorkCompletionStatus.RemoteInvalidRequestError,
            NakCode.RemoteAccessError => WorkCompletionStatus.RemoteAccessError,
            NakCode.RemoteOperationalError => WorkCompletionStatus.RemoteOperationError,
            _ => setup.GivenUpWith ?? throw new InvalidDataException($"Nothing in the capture tells what became of message {index}"),
        };
    }

    private static uint UInt24At(byte[] bytes, int offset) => (uint)((bytes[offset] << 16) | (bytes[offset + 1] << 8) | bytes[offset + 2]);
}

using RdmaPipeline.Protocol.ReceiveQueue;
using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>
/// One queue pair: requester, completer, responder and acknowledgement generator over shared state. It does no I/O: packets and time go in,
/// packets, completions and the next deadline come out. All members are for the shard that owns it, except the counters, which anyone may
/// read.
/// </summary>
public sealed partial class QueuePairMachine : IQueuePairFaultHandler
{
    private readonly QueuePairScope _scope;
    private readonly SendQueueState _sends;
    private readonly RetryPolicy _retry;
    private readonly SendCompletions _completions;
    private readonly Requester _requester;
    private readonly Completer _completer;
    private readonly ReceiveQueueState _receives;
    private readonly Responder _responder;
    private readonly AckGenerator _ackGenerator;
    private bool _isFlushDue;

    internal QueuePairMachine(QueuePairContext context, MemoryRegionTable regions, IQueuePairHost host, QueuePairOptions? options = null)
    {
        _scope = new QueuePairScope(context, regions, host, options ?? QueuePairOptions.Default) { Faults = this };
        _sends = new SendQueueState(_scope);
        _retry = new RetryPolicy(_scope, _sends);
        _completions = new SendCompletions(_scope, _sends);
        _requester = new Requester(_scope, _sends, _retry, _completions);
        _completer = new Completer(_scope, _sends, _retry, _completions);
        _receives = new ReceiveQueueState(_scope);
        _responder = new Responder(_scope, _receives);
        _ackGenerator = new AckGenerator(_scope, _receives);
    }

    /// <summary>Where the peer is; null while there is no path.</summary>
    public AddressVector? Path => _scope.Settings.Path;

    /// <summary>Payload bytes of a full packet.</summary>
    public int PathMtuBytes => _scope.Settings.PathMtuBytes;

    /// <summary>What was counted.</summary>
    public QueuePairCounters Counters => _scope.Counters;

    /// <summary>Whether <see cref="PollRequest"/> has something to do.</summary>
    public bool HasRequestWork => IsInError ? _scope.Context.SendRing.IsPublished(_sends.Oldest) : _requester.HasWork;

    /// <summary>Whether <see cref="PollResponse"/> has a packet to give.</summary>
    public bool HasResponseWork => _ackGenerator.HasWork;

    /// <summary>
    /// When <see cref="HandleDeadline"/> must be called; <see cref="Instant.Never"/> when nothing is waited for. It may move to an earlier
    /// instant with every input and with <see cref="PollRequest"/>; a call that comes too early is harmless.
    /// </summary>
    public Instant NextDeadline => _retry.Deadline;

    private bool IsInError => _scope.State == QueuePairState.Error;

    private Work Due => (HasRequestWork ? Work.SendDue : Work.None) | (HasResponseWork ? Work.ResponseDue : Work.None);

    /// <summary>Judges a received packet for this queue pair (steps 8 to 12 of wire.md section 8). Changes nothing (R-WIRE-31).</summary>
    /// <param name="packet">A packet of legal lengths, opcode and version.</param>
    /// <param name="source">The address it came from.</param>
    /// <param name="destination">The address it was sent to.</param>
    /// <returns><see cref="DropReason.None"/>, or the first reason to drop it.</returns>
    public DropReason Admit(in PacketView packet, Gid source, Gid destination) => PacketAdmission.Check(
        packet, _scope.Context.Type, _scope.State, new AddressPair(source, destination), _scope.Settings.Addresses,
        QueuePairSettings.PartitionKey);

    /// <summary>Takes an admitted response.</summary>
    /// <param name="packet">The packet; its payload is copied before this returns.</param>
    /// <param name="now">When it was received.</param>
    /// <param name="drop">Why it was not used, or <see cref="DropReason.None"/>.</param>
    public Work ReceiveResponse(in PacketView packet, Instant now, out DropReason drop)
    {
        var deadline = NextDeadline;
        Counters.ReceivedResponses++;
        drop = _completer.Receive(packet, now);
        return (HasRequestWork ? Work.SendDue : Work.None) | DeadlineSince(deadline);
    }

    /// <summary>Takes an admitted request.</summary>
    /// <param name="packet">The packet; its payload is copied before this returns.</param>
    /// <param name="now">When it was received.</param>
    /// <param name="drop">Why it was not executed, or <see cref="DropReason.None"/>.</param>
    public Work ReceiveRequest(in PacketView packet, Instant now, out DropReason drop)
    {
        Counters.ReceivedRequests++;
        return _responder.Receive(packet, out drop);
    }

    /// <summary>Builds the next request packet. In ERR it completes what was posted meanwhile (R-CQ-19).</summary>
    /// <param name="packet">A writer with room for as many payload references as a send work request may have entries.</param>
    /// <param name="now">When it is taken to be sent; look at <see cref="NextDeadline"/> after the last one of a run.</param>
    /// <returns>False when nothing may be sent now.</returns>
    public bool PollRequest(ref PacketWriter packet, Instant now)
    {
        if (_requester.Poll(ref packet, now)) return true;
        if (IsInError) _completions.Flush();
        return false;
    }

    /// <summary>Builds the next response packet that is owed.</summary>
    /// <param name="packet">A writer with room for one payload reference.</param>
    /// <param name="now">When it is taken to be sent.</param>
    /// <returns>False when nothing is owed.</returns>
    public bool PollResponse(ref PacketWriter packet, Instant now) => _ackGenerator.Poll(ref packet);

    /// <summary>Serves the timers that are due.</summary>
    public Work HandleDeadline(Instant now)
    {
        _completer.HandleDeadline(now);
        return Due | Work.DeadlineChanged;
    }

    /// <summary>Receives were posted to a queue pair that may be in ERR: they are flushed (R-CQ-19).</summary>
    public Work ReceivePosted(Instant now)
    {
        if (IsInError) _responder.Flush();
        return Work.None;
    }

    /// <summary>
    /// Takes the queue pair to ERR because of a fault outside the protocol, flushes both queues and raises QP_FATAL. No effect in RESET
    /// and ERR.
    /// </summary>
    /// <param name="firstStatus">The status of the oldest send work request; the others are flushed.</param>
    /// <param name="now">The time.</param>
    public Work Fail(WorkCompletionStatus firstStatus, Instant now)
    {
        EnterError(AsyncEventType.QueuePairFatal, firstStatus);
        return Work.None;
    }

    void IQueuePairFaultHandler.MarkError() => MarkError();

    void IQueuePairFaultHandler.EnterError(AsyncEventType? raise) => EnterError(raise, WorkCompletionStatus.WorkRequestFlushedError);

    private void EnterError(AsyncEventType? raise, WorkCompletionStatus firstStatus)
    {
        MarkError();
        if (!_isFlushDue) return;
        _isFlushDue = false;
        _retry.Stop();
        _sends.IsDraining = false;
        _completions.Flush(firstStatus);
        _responder.Flush();
        if (raise is { } type) _scope.Host.Raise(type);
    }

    private void MarkError()
    {
        if (_scope.State is QueuePairState.Reset or QueuePairState.Error) return;
        _scope.Context.State = QueuePairState.Error;
        _isFlushDue = true;
        // A post that did not see ERR is seen by the flush: posting has the same fence between its store and its look at the state.
        Interlocked.MemoryBarrier();
    }

    private Work DeadlineSince(Instant before) => NextDeadline < before ? Work.DeadlineChanged : Work.None;
}

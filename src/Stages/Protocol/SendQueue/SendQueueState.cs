using System.Numerics;
using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>
/// What the requester and the completer share (requester.md section 2). Work requests have indices that grow for ever:
/// [Oldest, Started) are on the way, the one at Started is next.
/// </summary>
internal sealed class SendQueueState
{
    private const int MinWindow = 128;
    private const int MaxWindow = 2048;

    /// <summary>How long the peer takes to acknowledge.</summary>
    public RoundTrip RoundTrip;

    /// <summary>How long something was to be sent and could not.</summary>
    public SendHoldClock Holds;

    private readonly QueuePairScope _scope;
    private readonly SendMessage[] _messages;
    private long _awaiting;

    public SendQueueState(QueuePairScope scope)
    {
        _scope = scope;
        Ring = scope.Context.SendRing;
        _messages = new SendMessage[(int)BitOperations.RoundUpToPowerOf2((uint)Ring.Capacity)];
        Transmit = new TransmitCursor(this);
    }

    public SendQueueRing Ring { get; }

    public MessageCredits Credits { get; } = new();

    /// <summary>The retries of a service that has any.</summary>
    public RetryPolicy? Retry { get; set; }

    /// <summary>Where the next packet comes from.</summary>
    public TransmitCursor Transmit { get; }

    /// <summary>The oldest work request that has not completed.</summary>
    public long Oldest { get; private set; }

    /// <summary>The first work request that has not started.</summary>
    public long Started { get; private set; }

    /// <summary>The oldest PSN that is not acknowledged; equal to <see cref="NextPsn"/> when nothing is outstanding.</summary>
    public Psn Unacknowledged { get; set; }

    /// <summary>The PSN after the newest one sent.</summary>
    public Psn NextPsn { get; set; }

    /// <summary>The first PSN of the next work request to start.</summary>
    public Psn StartPsn { get; private set; }

    /// <summary>READs and atomics whose data are still to come (R-REQ-21).</summary>
    public int DataAwaited { get; private set; }

    /// <summary>A started work request cannot go on; nothing starts behind it (R-REQ-46).</summary>
    public bool HasFault { get; private set; }

    /// <summary>The requester goes on from <see cref="Unacknowledged"/> at its next poll.</summary>
    public bool IsRewindDue { get; set; }

    /// <summary>SQD was entered and something is still outstanding (R-REQ-49).</summary>
    public bool IsDraining { get; set; }

    /// <summary>SQ_DRAINED was asked for on the way to SQD (R-REQ-49).</summary>
    public bool TellsDrained { get; set; }

    /// <summary>Packets since the last one that asked for an acknowledgement (R-REQ-15).</summary>
    public int WithoutAckRequest { get; set; }

    /// <summary>PSNs that may be unacknowledged (R-REQ-4).</summary>
    public int Window { get; private set; }

    public int PathMtuBytes { get; private set; }

    /// <summary>log2 of <see cref="PathMtuBytes"/>.</summary>
    public int PathMtuShift { get; private set; }

    /// <summary>PSNs that are unacknowledged.</summary>
    public int Outstanding => NextPsn.StepsFrom(Unacknowledged);

    /// <summary>
    /// Any thread: <see cref="Outstanding"/> as it may have been. The older end is read first, so it is too large rather than negative.
    /// </summary>
    public int OutstandingAtMost
    {
        get
        {
            var oldest = Unacknowledged;
            Interlocked.MemoryBarrier();
            return Math.Max(0, Psn.Compare(NextPsn, oldest));
        }
    }

    /// <summary>No work request is on the way.</summary>
    public bool IsDrained => Oldest == Started;

    /// <summary>Whether a PSN was sent and is not acknowledged (R-REQ-32).</summary>
    public bool IsOutstanding(Psn psn) => psn.StepsFrom(Unacknowledged) < Outstanding;

    /// <summary>The progress of a started work request.</summary>
    public ref SendMessage MessageAt(long index) => ref _messages[index & (_messages.Length - 1)];

    /// <summary>The started work request that holds an outstanding PSN.</summary>
    public long IndexOf(Psn psn)
    {
        var steps = psn.StepsFrom(Unacknowledged);
        var index = Oldest;
        while (MessageAt(index).End.StepsFrom(Unacknowledged) <= steps) index++;
        return index;
    }

    /// <summary>The oldest started work request whose data are still to come, or −1.</summary>
    public long OldestAwaiting()
    {
        if (DataAwaited == 0) return -1;
        _awaiting = Math.Max(_awaiting, Oldest);
        while (!MessageAt(_awaiting).AwaitsData) _awaiting++;
        return _awaiting;
    }

    /// <summary>Begins the next work request: it gets its PSNs and its SSN (R-REQ-5, R-REQ-16).</summary>
    /// <param name="operation">What it does.</param>
    /// <param name="length">Bytes on the wire.</param>
    /// <param name="psnCount">PSNs it takes.</param>
    /// <param name="now">The time.</param>
    /// <param name="prefix">How many of the bytes are not the user's.</param>
    public void Start(SendOperation operation, uint length, int psnCount, Instant now, uint prefix = 0)
    {
        var index = Started++;
        ref var message = ref MessageAt(index);
        message = new SendMessage
        {
            Operation = operation,
            First = StartPsn,
            ResumedAt = StartPsn,
            End = StartPsn + psnCount,
            StartedAt = now,
            Length = length,
            PrefixLength = prefix,
            AwaitsData = operation.AwaitsData,
        };
        StartPsn = message.End;
        _scope.Counters.BegunBytes += length;
        CountStarted();
        Credits.Start(operation);
        if (operation.AwaitsData) DataAwaited++;
        if (prefix != 0) _scope.Tracing.Prefix!.Begin(index);
        if (_scope.Tracing.Observer is null || psnCount == 0) return;
        var sequence = _scope.IsReliable ? Credits.Ssn.Value : message.First.Value;
        if (!_scope.Tracing.IsQuietSend(sequence)) _scope.Tracing.SendStarted(ref message, Ring.Slot(index), index, now, sequence);
    }

    /// <summary>
    /// Begins the next work request, which has been executed on this side: it gets no PSN and no SSN (R-REQ-5, R-REQ-16).
    /// </summary>
    public void StartLocal(SendOperation operation)
    {
        MessageAt(Started++) = new SendMessage { Operation = operation, First = StartPsn, End = StartPsn };
        CountStarted();
        Transmit.MoveToStarted();
    }

    /// <summary>Begins the next work request only to end it: nothing of it is sent (R-REQ-46).</summary>
    public void StartFaulty(WorkCompletionStatus fault)
    {
        MessageAt(Started) = new SendMessage { First = StartPsn, End = StartPsn };
        SetFault(Started++, fault);
        CountStarted();
        AskInTheEnd();
    }

    /// <summary>
    /// Nothing new follows now, which could not be foreseen. If the last packet of all that was started has been sent and did not ask for
    /// an acknowledgement, nobody would: so all is sent again, and the last one asks (R-REQ-14, R-REQ-44).
    /// </summary>
    public void AskInTheEnd()
    {
        if (IsRewindDue || WithoutAckRequest == 0 || Outstanding == 0 || NextPsn != StartPsn) return;
        if (!Transmit.IsBehind) Retry?.AskAgain();
        IsRewindDue = true;
    }

    /// <summary>Marks a started work request that cannot go on.</summary>
    public void SetFault(long index, WorkCompletionStatus fault)
    {
        MessageAt(index).Fault = fault;
        HasFault = true;
    }

    /// <summary>All data of a READ or atomic are in.</summary>
    public void SetDataComplete(long index)
    {
        MessageAt(index).AwaitsData = false;
        DataAwaited--;
    }

    /// <summary>Gives the slot of the oldest work request back to the user.</summary>
    public void RetireOldest()
    {
        if (!IsDrained) _scope.Counters.EndedBytes += MessageAt(Oldest).Length;
        Oldest++;
        if (Started < Oldest) Started = Oldest;
        Ring.Retire(Oldest);
    }

    /// <summary>Takes the attributes that the hot path needs in another form.</summary>
    public void Configure()
    {
        PathMtuBytes = _scope.Settings.PathMtuBytes;
        PathMtuShift = BitOperations.Log2((uint)PathMtuBytes);
        Window = Math.Clamp(_scope.Options.RequestWindowBytes >> PathMtuShift, MinWindow, MaxWindow);
    }

    /// <summary>Starts over at a PSN with nothing on the way (R-REQ-3, R-REQ-53).</summary>
    public void Restart(Psn first)
    {
        Configure();
        Unacknowledged = NextPsn = StartPsn = first;
        DataAwaited = WithoutAckRequest = 0;
        HasFault = IsRewindDue = IsDraining = TellsDrained = false;
        Oldest = Started = _awaiting = Ring.Retired;
        Credits.Reset(_scope.IsReliable);
        Transmit.MoveToStarted();
        RoundTrip.Cancel();
        Holds.Stop();
        _scope.Counters.EndedBytes = _scope.Counters.BegunBytes;
    }

    private void CountStarted() => _scope.Counters.WorkRequests.Count(OperationIndex.Of(Ring.Slot(Started - 1).Opcode));
}

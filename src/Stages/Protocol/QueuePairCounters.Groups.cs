using System.Runtime.CompilerServices;
using RdmaPipeline.Protocol.ReceiveQueue;
using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <content>
/// What is counted by operation, reason or code. Most queue pairs of many are idle, so these counters are made when the first of them is
/// needed: once in the life of a queue pair.
/// </content>
public sealed partial class QueuePairCounters
{
    /// <summary>Statuses of a work completion (completion.md 3).</summary>
    internal const int StatusCount = 22;

    private const int FirstSuccess = OperationIndex.Count;
    private const int FirstRequest = FirstSuccess + OperationIndex.Count;
    private const int FirstRetransmission = FirstRequest + OperationIndex.Count;
    private const int ReasonCount = (int)RetransmitReason.ImpliedNak + 1;
    private const int FirstNakSent = FirstRetransmission + ReasonCount;
    private const int FirstNakReceived = FirstNakSent + NakIndex.Count;
    private const int FirstAckSent = FirstNakReceived + NakIndex.Count;
    private const int FirstAckReceived = FirstAckSent + 2;
    private const int FirstMissing = FirstAckReceived + 2;
    private const int FirstRefused = FirstMissing + 2;
    private const int FaultCount = (int)RequestFault.InvalidateFailed + 1;
    private const int FirstHeld = FirstRefused + FaultCount;
    private const int HoldCount = (int)SendHold.Fence + 1;
    private const int GroupedCount = FirstHeld + HoldCount;

    private long[]? _grouped;
    private long[]? _failures;

    /// <summary>Send work requests begun, by operation.</summary>
    public CounterGroup WorkRequests => new(this, 0, OperationIndex.Count);

    /// <summary>Work requests that ended well, those without a completion included, by operation.</summary>
    public CounterGroup Successes => new(this, FirstSuccess, OperationIndex.Count);

    /// <summary>Requests taken in their turn, refused ones included, by operation.</summary>
    public CounterGroup Requests => new(this, FirstRequest, OperationIndex.Count);

    /// <summary>Request packets sent again, by reason.</summary>
    public CounterGroup Retransmissions => new(this, FirstRetransmission, ReasonCount);

    /// <summary>NAKs built, by code.</summary>
    public CounterGroup NaksSent => new(this, FirstNakSent, NakIndex.Count);

    /// <summary>NAKs taken in, by code.</summary>
    public CounterGroup NaksReceived => new(this, FirstNakReceived, NakIndex.Count);

    /// <summary>ACKs built: for one request that asked, and for several.</summary>
    public CounterGroup AcksSent => new(this, FirstAckSent, 2);

    /// <summary>ACKs taken in: of one work request or none, and of several.</summary>
    public CounterGroup AcksReceived => new(this, FirstAckReceived, 2);

    /// <summary>Packets that found no receive: in the queue pair's own queue, and in a shared one.</summary>
    public CounterGroup MissingReceives => new(this, FirstMissing, 2);

    /// <summary>Requests that were not executed, by what was wrong with them.</summary>
    internal CounterGroup RefusedRequests => new(this, FirstRefused, FaultCount);

    /// <summary>Time that something was to be sent and could not, by what held it up.</summary>
    internal CounterGroup HeldNanoseconds => new(this, FirstHeld, HoldCount);

    /// <summary>The counters of all groups, to be written.</summary>
    internal long[] Grouped
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _grouped ?? Make(ref _grouped, GroupedCount);
    }

    private long[] Failures => _failures ?? Make(ref _failures, OperationIndex.Count * StatusCount);

    /// <summary>One counter of a group.</summary>
    internal long ReadGrouped(int index) => Volatile.Read(ref _grouped) is { } grouped ? Volatile.Read(ref grouped[index]) : 0;

    /// <summary>Work requests of an operation that ended with an error status.</summary>
    internal long FailuresOf(int operation, int status) =>
        Volatile.Read(ref _failures) is { } failures ? Volatile.Read(ref failures[(operation * StatusCount) + status]) : 0;

    /// <summary>Counts a request that is the expected one, at its first packet.</summary>
    internal void CountRequest(PacketOperation operation) => Requests.Count(OperationIndex.Of(operation));

    /// <summary>Counts a work request that has ended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void CountEnd(int operation, WorkCompletionStatus status)
    {
        if (status == WorkCompletionStatus.Success) Successes.Count(operation);
        else Failures[(operation * StatusCount) + (int)status]++;
    }

    private static long[] Make(ref long[]? counters, int count)
    {
        var made = new long[count];
        Volatile.Write(ref counters, made);
        return made;
    }
}

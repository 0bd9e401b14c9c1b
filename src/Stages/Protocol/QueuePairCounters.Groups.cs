using System.Runtime.CompilerServices;
using RdmaPipeline.Protocol.ReceiveQueue;
using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <content>What is counted by operation, reason or code.</content>
public sealed partial class QueuePairCounters
{
    /// <summary>Statuses of a work completion (completion.md 3).</summary>
    internal const int StatusCount = 22;

    private CounterGroup[]? _failures;

    /// <summary>Send work requests begun, by operation.</summary>
    public CounterGroup WorkRequests { get; } = new(OperationIndex.Count);

    /// <summary>Work requests that ended well, those without a completion included, by operation.</summary>
    public CounterGroup Successes { get; } = new(OperationIndex.Count);

    /// <summary>Requests taken in their turn, refused ones included, by operation.</summary>
    public CounterGroup Requests { get; } = new(OperationIndex.Count);

    /// <summary>Request packets sent again, by reason.</summary>
    public CounterGroup Retransmissions { get; } = new((int)RetransmitReason.ImpliedNak + 1);

    /// <summary>NAKs built, by code.</summary>
    public CounterGroup NaksSent { get; } = new(NakIndex.Count);

    /// <summary>NAKs taken in, by code.</summary>
    public CounterGroup NaksReceived { get; } = new(NakIndex.Count);

    /// <summary>ACKs built: for one request that asked, and for several.</summary>
    public CounterGroup AcksSent { get; } = new(2);

    /// <summary>ACKs taken in: of one work request or none, and of several.</summary>
    public CounterGroup AcksReceived { get; } = new(2);

    /// <summary>Packets that found no receive: in the queue pair's own queue, and in a shared one.</summary>
    public CounterGroup MissingReceives { get; } = new(2);

    /// <summary>Requests that were not executed, by what was wrong with them.</summary>
    internal CounterGroup RefusedRequests { get; } = new((int)RequestFault.InvalidateFailed + 1);

    /// <summary>Time that something was to be sent and could not, by what held it up.</summary>
    internal CounterGroup HeldNanoseconds { get; } = new((int)SendHold.Fence + 1);

    /// <summary>Work requests of an operation that ended with an error, by status; null when none did.</summary>
    internal CounterGroup? FailuresOf(int operation) => Volatile.Read(ref _failures)?[operation];

    /// <summary>Counts a request that is the expected one, at its first packet.</summary>
    internal void CountRequest(PacketOperation operation) => Requests.Count(OperationIndex.Of(operation));

    /// <summary>Counts a work request that has ended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void CountEnd(int operation, WorkCompletionStatus status)
    {
        if (status == WorkCompletionStatus.Success) Successes.Count(operation);
        else Failures()[operation].Count((int)status);
    }

    // Most queue pairs never need them, and who does is past the point where an allocation matters.
    private CounterGroup[] Failures()
    {
        if (_failures is { } failures) return failures;
        failures = new CounterGroup[OperationIndex.Count];
        for (var i = 0; i < failures.Length; i++) failures[i] = new CounterGroup(StatusCount);
        Volatile.Write(ref _failures, failures);
        return failures;
    }
}

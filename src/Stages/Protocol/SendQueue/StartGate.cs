using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>Whether the next work request may start now. What has started is never held back by these rules again (R-REQ-18).</summary>
internal sealed class StartGate(QueuePairScope scope, SendQueueState state)
{
    private const int HalfPsnSpace = 1 << 23;

    /// <summary>Room for one more new packet (R-REQ-4).</summary>
    public bool IsWindowOpen => state.Outstanding < state.Window;

    /// <summary>Whether a work request that has not started may start.</summary>
    public bool MayStart(long index)
    {
        // R-REQ-46: nothing behind a failed work request; R-REQ-49: nothing new in SQD.
        if (state.HasFault || scope.State != QueuePairState.ReadyToSend || !state.Ring.IsPublished(index)) return false;
        if (!IsWindowOpen) return false;
        ref readonly var request = ref state.Ring.Slot(index);
        // R-REQ-29: a fence waits for the data of every READ and atomic before it.
        if ((request.Flags & SendFlags.Fence) != 0 && state.DataAwaited != 0) return false;
        var operation = scope.Operations.Find(request.Opcode);
        if (operation is null) return true;
        // R-REQ-30: LOCAL_INV waits until everything before it is done; what else is executed here waits for nothing.
        if (operation.IsLocal) return request.Opcode != SendOpcode.LocalInvalidate || state.IsDrained;
        return MayAwaitData(operation, request.Length) && MaySpend(operation);
    }

    /// <summary>Whether a packet would follow if the work request started now. What is executed here sends none.</summary>
    public bool WouldSend(long index) =>
        MayStart(index) && scope.Operations.Find(state.Ring.Slot(index).Opcode) is not { IsLocal: true };

    /// <summary>What keeps the next work request from starting.</summary>
    /// <param name="index">One that <see cref="MayStart"/> has said no to.</param>
    /// <returns>None when there is none, or when the state of the queue pair is what keeps it.</returns>
    public SendHold FindHold(long index)
    {
        if (state.HasFault || scope.State != QueuePairState.ReadyToSend || !state.Ring.IsPublished(index)) return SendHold.None;
        if (!IsWindowOpen) return SendHold.Window;
        ref readonly var request = ref state.Ring.Slot(index);
        var operation = scope.Operations.Find(request.Opcode);
        return (request.Flags & SendFlags.Fence) != 0 && state.DataAwaited != 0 ? SendHold.Fence
            : operation is null ? SendHold.None
            : operation.IsLocal || !MayAwaitData(operation, request.Length) ? SendHold.Fence
            : SendHold.Credit;
    }

    // R-REQ-17. When everything is acknowledged the MSN of a peer who counts right allows one more message. A peer who does not must not
    // stop us for ever, for no timer runs and no ACK is due: one goes as a probe.
    private bool MaySpend(SendOperation operation) => state.Outstanding == 0 || state.Credits.Allow(operation);

    // R-REQ-21, and R-REQ-4 for a READ, whose responses take their PSNs at once. R-REQ-21 does not count FLUSH, but the responder remembers
    // READs, atomics and FLUSHes in one ring of max_dest_rd_atomic, for FLUSH at least one, and more must not be under way (R-RESP-21).
    private bool MayAwaitData(SendOperation operation, uint length) =>
        !operation.AwaitsData
        || (state.DataAwaited < Math.Max(scope.Settings.MaxReadAtomic, operation.Kind == SendOperationKind.Flush ? 1 : 0)
            && (state.Outstanding == 0 || state.Outstanding + Segmenter.CountPsns(length, state.PathMtuShift) < HalfPsnSpace));
}

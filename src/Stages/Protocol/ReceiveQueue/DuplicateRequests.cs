using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// Answers requests that were executed before (responder.md section 7). It changes nothing but what is owed, and refuses by silence
/// (R-RESP-18).
/// </summary>
internal sealed class DuplicateRequests(QueuePairScope scope, ReceiveQueueState state)
{
    /// <summary>Takes a request whose PSN lies before the expected one.</summary>
    public DropReason Receive(in PacketView request)
    {
        scope.Counters.DuplicateRequest++;
        switch (request.Traits.Response)
        {
            case ResponseKind.Acknowledge:
                state.OweAck();
                break;
            case ResponseKind.ReadResponse:
                ReplayRead(request);
                break;
            case ResponseKind.AtomicAcknowledge:
                ReplayStored(request, ResponderResourceKind.Atomic);
                break;
            case ResponseKind.EmptyReadResponse:
                var isFlush = request.Traits.Operation == PacketOperation.Flush;
                ReplayStored(request, isFlush ? ResponderResourceKind.Flush : ResponderResourceKind.AtomicWrite);
                break;
        }

        return DropReason.Duplicate;
    }

    // The data are read from memory again, from the PSN that is asked for.
    private void ReplayRead(in PacketView request)
    {
        var reth = request.Reth;
        var position = state.Resources.Find(request.Psn);
        if (position < 0) return;
        ref var resource = ref state.Resources[position];
        var last = request.Psn + (ReadSegments.Count(reth.DmaLength, scope.Settings.PathMtuBytes) - 1);
        if (resource.Kind != ResponderResourceKind.Read) return;
        if (!resource.Covers(reth.RemoteKey, reth.VirtualAddress, reth.DmaLength, last)) return;
        state.Resources.Replay(position, request.Psn, reth.VirtualAddress, reth.DmaLength);
    }

    // Never executed again: the answer is known.
    private void ReplayStored(in PacketView request, ResponderResourceKind kind)
    {
        var position = state.Resources.Find(request.Psn);
        if (position < 0 || state.Resources[position].Kind != kind) return;
#if CANARY_ATOMIC_EXECUTED_AGAIN
        if (kind == ResponderResourceKind.Atomic) _ = new AtomicExecutor(scope).Execute(request.Traits.Operation, request.AtomicEth, out _);
#endif
        state.Resources.Replay(position, request.Psn);
    }
}

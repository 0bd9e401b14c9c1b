using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// Takes the requests of an unreliable connection (responder.md section 13). Whatever is wrong with a packet costs its message and nothing
/// else: the receive work request waits for the next one, nobody is told, the queue pair stays (R-RESP-44).
/// </summary>
internal sealed class UnreliableResponder(QueuePairScope scope, ReceiveQueueState state)
{
    private readonly RequestExecutor _executor = new(scope, state);

    // Why a packet that continues a message has none to continue.
    private DropReason _lost = DropReason.BadOpcode;

    /// <summary>Takes one request packet that passed admission.</summary>
    /// <param name="request">The packet; its payload is copied before this returns.</param>
    /// <returns><see cref="DropReason.None"/> when it was executed.</returns>
    public DropReason Receive(in PacketView request)
    {
        // An earlier packet of the burst may have taken the queue pair to ERR after this one was admitted (R-RESP-49).
        if (!QueuePairReception.Requests(scope.State)) return DropReason.QpState;
        var drop = Judge(request);
        // R-RESP-43: whatever came, the next one is expected behind it.
        state.Expect(request.Psn.Next);
        return drop;
    }

    /// <summary>Starts anew with the attributes in force: INIT to RTR.</summary>
    public void Start()
    {
        state.Restart(scope.Settings.ReceivePsn, readAtomicDepth: 0);
        _lost = DropReason.BadOpcode;
    }

    /// <summary>Discards everything in silence (R-RESP-50); the rings are the machine's to reset.</summary>
    public void Reset() => state.Restart(default, readAtomicDepth: 0);

    private DropReason Judge(in PacketView request)
    {
        var traits = request.Traits;
        if (request.Psn != state.ExpectedPsn)
        {
            scope.Counters.OutOfSequenceRequest++;
            Abandon(DropReason.OutOfSequence);
        }
        else if (traits.Group != state.Expecting && state.Expecting != FollowerGroup.Start)
        {
            Abandon(DropReason.BadOpcode);
        }

        // R-RESP-6, R-RESP-43: a message is begun by FIRST or ONLY, also by the one that ended another too early.
        return traits.Group == state.Expecting ? Execute(request) : _lost;
    }

    private DropReason Execute(in PacketView request)
    {
        var fault = _executor.Execute(request);
        _lost = DropReason.BadOpcode;
        if (fault == RequestFault.None) return DropReason.None;
        var isWithoutReceive = fault == RequestFault.ReceiverNotReady;
        if (isWithoutReceive && request.Traits.Operation == PacketOperation.Write)
        {
            fault = _executor.ExecuteWithoutReceive(request);
            if (fault == RequestFault.None) return state.Receive.Missing;
            isWithoutReceive = false;
        }

        if (!isWithoutReceive) scope.Counters.RefusedRequests.Count((int)fault);
        // R-RESP-17: no RNR.
        var reason = isWithoutReceive ? state.Receive.Missing : RequestFaultTraits.Of(fault).Drop;
        Abandon(reason);
        return reason;
    }

    private void Abandon(DropReason reason)
    {
        if (state.Receive.IsActive) state.Receive.Rewind();
        state.Expecting = FollowerGroup.Start;
        _lost = reason;
    }
}

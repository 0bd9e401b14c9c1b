using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// Executes the request that is expected (responder.md section 8): data first, then the state, then the completion, and the acknowledgement
/// only recorded, so that it leaves last (R-RESP-28). A request that fails a check changes nothing but the receive work request it holds.
/// </summary>
internal sealed class RequestExecutor(QueuePairScope scope, ReceiveQueueState state)
{
    private readonly RequestValidator _validator = new(scope, state);
    private readonly AtomicExecutor _atomics = new(scope);
    private readonly PlacementExecutor _placements = new(scope);

    /// <summary>Executes a packet whose PSN is the expected one, or says why not.</summary>
    public RequestFault Execute(in PacketView request)
    {
        var traits = request.Traits;
        var fault = _validator.CheckOperation(request, traits);
        if (fault == RequestFault.None && (traits.ReceiveWqe & ReceiveWqeUse.Takes) != 0) fault = state.Receive.Take();
        if (fault == RequestFault.None) fault = _validator.CheckLength(request, traits);
        if (fault != RequestFault.None) return fault;
        if (traits.IsFirst) scope.Counters.CountRequest(traits.Operation);
        return traits.Operation switch
        {
            PacketOperation.Send => ExecuteSend(request, traits),
            PacketOperation.Write => ExecuteWrite(request, traits),
            PacketOperation.ReadRequest => AcceptRead(request),
            PacketOperation.AtomicWrite => Answer(_placements.AtomicWrite(request), ResponderResourceKind.AtomicWrite, request.Psn),
            PacketOperation.Flush => Answer(_placements.Flush(request), ResponderResourceKind.Flush, request.Psn),
            _ => ExecuteAtomic(request, traits.Operation),
        };
    }

    /// <summary>
    /// Executes the last packet of a WRITE with immediate that found no receive work request where nobody can be told to send it again: the
    /// data are placed, the immediate is lost (R-RESP-45).
    /// </summary>
    public RequestFault ExecuteWithoutReceive(in PacketView request)
    {
        var fault = _validator.CheckLength(request, request.Traits);
        return fault != RequestFault.None ? fault : ExecuteWrite(request, request.Traits);
    }

    private RequestFault ExecuteSend(in PacketView request, OpcodeTraits traits)
    {
        var payload = request.Payload;
        if (scope.Tracing.Prefix is not null && traits.IsFirst && !scope.Tracing.TryTakePrefix(ref payload)) return RequestFault.Length;
        var fault = state.Receive.Place(payload);
        if (fault != RequestFault.None) return fault;
        Accept(request, traits);
        if (!traits.IsLast) return RequestFault.None;
        state.Msn = state.Msn.Next;
        // R-RESP-27: after the data are placed, and told to the user only when it was done.
        if (traits.Has(HeaderLayout.Ieth) && !TryInvalidate(request.Ieth.RemoteKey))
            return RequestFault.InvalidateFailed;
        Complete(request, traits, WorkCompletionOpcode.Receive, state.Receive.Placed);
        return RequestFault.None;
    }

    private RequestFault ExecuteWrite(in PacketView request, OpcodeTraits traits)
    {
        if (traits.IsFirst) state.Write.Begin(request.Reth);
        var fault = state.Write.Place(request.Payload, traits.IsLast);
        if (fault != RequestFault.None) return fault;
        Accept(request, traits);
        if (!traits.IsLast) return RequestFault.None;
        state.Msn = state.Msn.Next;
        // R-RESP-23: only a WRITE with immediate consumes a receive work request, which it has taken with its last packet.
        if (state.Receive.IsActive)
            Complete(request, traits, WorkCompletionOpcode.ReceiveRdmaWithImmediate, state.Write.TotalLength);
        return RequestFault.None;
    }

    private RequestFault AcceptRead(in PacketView request)
    {
        var reth = request.Reth;
        // R-RESP-11: a READ of nothing touches no memory, so nothing is checked.
        if (reth.DmaLength != 0
            && !scope.TryResolveRemote(reth.RemoteKey, reth.VirtualAddress, reth.DmaLength, AccessFlags.RemoteRead, out _, out _))
        {
            return RequestFault.RemoteAccess;
        }

        // R-RESP-5: the whole range of responses is consumed when the request is accepted.
        var last = request.Psn + (ReadSegments.Count(reth.DmaLength, scope.Settings.PathMtuBytes) - 1);
        ref var resource = ref Remember(ResponderResourceKind.Read, request.Psn, last);
        (resource.RemoteKey, resource.Address, resource.Length) = (reth.RemoteKey, reth.VirtualAddress, reth.DmaLength);
        resource.Answer(request.Psn, reth.VirtualAddress, reth.DmaLength);
        return RequestFault.None;
    }

    private bool TryInvalidate(uint key) => scope.Regions.TryInvalidate(key, scope.RemoteDomain, scope.Context);

    private RequestFault ExecuteAtomic(in PacketView request, PacketOperation operation)
    {
        var fault = _atomics.Execute(operation, request.AtomicEth, out var original);
        if (fault != RequestFault.None) return fault;
        ref var resource = ref Remember(ResponderResourceKind.Atomic, request.Psn, request.Psn);
        resource.Original = original;
        resource.Answer(request.Psn);
        return RequestFault.None;
    }

    // ATOMIC WRITE and FLUSH: done, and owed an empty READ response.
    private RequestFault Answer(RequestFault fault, ResponderResourceKind kind, Psn psn)
    {
        if (fault == RequestFault.None) Remember(kind, psn, psn).Answer(psn);
        return fault;
    }

    // R-RESP-24: a READ counts as a message when it is accepted, an atomic when it is executed.
    private ref ResponderResource Remember(ResponderResourceKind kind, Psn first, Psn last)
    {
        ref var resource = ref state.Resources.Add();
        (resource.Kind, resource.First, resource.Last, resource.ProtectionDomain) = (kind, first, last, scope.RemoteDomain);
        state.Msn = state.Msn.Next;
        Expect(last.Next);
        return ref resource;
    }

    private void Accept(in PacketView request, OpcodeTraits traits)
    {
        state.AckPsn = request.Psn.Next;
        state.Expecting = traits.Followers;
        // R-RESP-32: what asks for an acknowledgement gets one, where there are any; one may cover several.
        if (request.AckRequest && traits.Response != ResponseKind.None && state.OweAck()) scope.Counters.MergedAcks++;

        Expect(state.AckPsn);
    }

    private void Expect(Psn next)
    {
        state.Expect(next);
        if (state.IsEstablished) return;
        state.IsEstablished = true;
        // R-RESP-48: the first valid packet in RTR.
        if (scope.State == QueuePairState.ReadyToReceive) scope.Host.Raise(AsyncEventType.CommunicationEstablished);
    }

    // responder.md section 11.
    private void Complete(in PacketView request, OpcodeTraits traits, WorkCompletionOpcode opcode, uint length)
    {
        var completion = new WorkCompletion
        {
            Opcode = opcode,
            ByteLength = length,
            SourceQueuePair = scope.Settings.DestinationQueuePair,
        };
        if (traits.Has(HeaderLayout.ImmDt))
            completion = completion with { Flags = WorkCompletionFlags.WithImmediate, Immediate = request.ImmDt.Value };
        else if (traits.Has(HeaderLayout.Ieth))
            completion = completion with { Flags = WorkCompletionFlags.WithInvalidate, InvalidatedKey = request.Ieth.RemoteKey };
        scope.Counters.RdmaReceives++;
        state.Receive.Complete(completion, request.Solicited);
    }
}

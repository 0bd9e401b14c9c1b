using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// The checks of a new request that look at packet and queue pair but at no memory: 2 to 4 and 6 of responder.md section 4.
/// </summary>
internal sealed class RequestValidator(QueuePairScope scope, ReceiveQueueState state)
{
    /// <summary>Checks 2 to 4, in order: opcode sequence, shared receive queue of XRC, permission, resources.</summary>
    public RequestFault CheckOperation(in PacketView packet, OpcodeTraits traits)
    {
        // responder.md section 3. A reserved opcode is of no group, so it fails here too (R-WIRE-14).
        if (traits.Group != state.Expecting) return RequestFault.OpcodeSequence;
        var fault = traits.Has(HeaderLayout.XrcEth) ? state.Receive.Select(packet) : RequestFault.None;
        if (fault == RequestFault.None) fault = RequestPermission.Check(traits.Operation, scope.Settings.Access);
        if (fault == RequestFault.None && traits.Operation == PacketOperation.Flush)
            fault = RequestPermission.CheckFlush(packet.Feth, scope.Settings.Access);
        if (fault == RequestFault.None && traits.Response > ResponseKind.Acknowledge) fault = CheckResources(traits.Operation);
        return fault;
    }

    /// <summary>Check 6: payload by opcode and path MTU, pad count, DMA length.</summary>
    public RequestFault CheckLength(in PacketView packet, OpcodeTraits traits)
    {
        var payload = packet.PayloadLength;
        var mtu = scope.Settings.PathMtuBytes;
        if (payload > mtu) return RequestFault.MtuExceeded;
        // R-WIRE-16: the pad fills the payload up to four bytes, so FIRST and MIDDLE have none.
        if (!traits.PayloadFits(payload, mtu) || packet.PadCount != (-payload & 3)) return RequestFault.Length;
        return traits.Has(HeaderLayout.Reth) && !packet.Reth.IsLegal ? RequestFault.Length : RequestFault.None;
    }

    // Check 4. FLUSH is not limited by max_dest_rd_atomic: a requester may have more of them on the way than slots, and is held back as
    // it is for want of any buffer (R-RESP-16). So is one whose READ finds a slot taken by a FLUSH.
    private RequestFault CheckResources(PacketOperation operation)
    {
        var isFlush = operation == PacketOperation.Flush;
        if (!isFlush && scope.Settings.MaxDestinationReadAtomic == 0) return RequestFault.ExcessRequests;
        if (state.Resources.HasRoom) return RequestFault.None;
        return isFlush || state.Resources.OwesFlush ? RequestFault.ReceiverNotReady : RequestFault.ExcessRequests;
    }
}

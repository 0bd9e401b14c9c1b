using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// Pays what the responder owes, one packet for each poll, in PSN order (R-RESP-33): first the answers to READs and atomics, oldest first,
/// then the one NAK, which acknowledges everything before it, or else the one ACK, which covers everything executed.
/// </summary>
internal sealed class AckGenerator(QueuePairScope scope, ReceiveQueueState state)
{
    /// <summary>Whether <see cref="Poll"/> has a packet to give.</summary>
    public bool HasWork => state.IsAnythingOwed;

    /// <summary>Builds the next packet that is owed.</summary>
    /// <param name="packet">Room for one packet, with a payload reference for each page that its payload may touch.</param>
    /// <returns>False: nothing is owed.</returns>
    public bool Poll(ref PacketWriter packet)
    {
        while (state.Resources.OwedCount != 0)
        {
            if (TryAnswer(ref packet, state.Resources.OldestOwed)) return Count();
        }

        if (state.Nak != PendingNak.None) BuildNak(ref packet);
        else if (state.IsAckOwed) BuildAck(ref packet);
        else return false;
        return Count();
    }

    private bool Count()
    {
        scope.Counters.SentResponses++;
        return true;
    }

    private bool TryAnswer(ref PacketWriter packet, long position)
    {
        ref var resource = ref state.Resources[position];
        if (resource.Kind == ResponderResourceKind.Atomic)
        {
            BuildAtomicAck(ref packet, resource);
            state.Resources.Finish(position);
            return true;
        }

        var payload = Math.Min(resource.Remaining, (uint)scope.Settings.PathMtuBytes);
        if (!TryBuildReadResponse(ref packet, resource, payload)) return GiveUp(position);
        resource.Sent(payload);
        if (resource.Remaining == 0) state.Resources.Finish(position);
        return true;
    }

    // R-RESP-14, R-RESP-18: a READ that can no longer be read ends the connection with NAK 2 at its next PSN; a replay just ends.
    private bool GiveUp(long position)
    {
        ref var resource = ref state.Resources[position];
        if (resource.IsReplay)
        {
            state.Resources.Finish(position);
            return false;
        }

        var psn = resource.NextPsn;
        state.ForgetOwed();
        state.IsClosing = true;
        scope.Counters.RefusedRequests.Count((int)RequestFault.RemoteAccess);
        (state.Nak, state.FatalCode, state.FatalPsn) = (PendingNak.Fatal, NakCode.RemoteAccessError, psn);
        scope.Faults.EnterError(AsyncEventType.QueuePairAccessError);
        return false;
    }

    private bool TryBuildReadResponse(ref PacketWriter packet, in ResponderResource resource, uint payload)
    {
        var (pointer, piece) = ((nint)0, 0UL);
        if (payload != 0 && !TryResolve(resource, 0, payload, out pointer, out piece)) return false;
        var opcode = ReadSegments.OpcodeAt(isFirst: !resource.IsContinued, isLast: payload == resource.Remaining);
        Begin(ref packet, opcode, resource.NextPsn);
        // R-RESP-26: AETH in FIRST, LAST and ONLY.
        if (OpcodeTraits.Of(opcode).Has(HeaderLayout.Aeth)) packet.Append(Positive());
        for (var built = 0u; ;)
        {
            packet.AppendPayload(pointer, (int)piece);
            built += (uint)piece;
            if (built == payload) return true;
            if (!TryResolve(resource, built, payload - built, out pointer, out piece)) return false;
        }
    }

    // R-RESP-14: the key may have been invalidated since the request was accepted.
    private bool TryResolve(in ResponderResource resource, uint offset, uint length, out nint pointer, out ulong piece) =>
        scope.TryResolveRemote(
            resource.ProtectionDomain, resource.RemoteKey, resource.NextAddress + offset, length, AccessFlags.RemoteRead, out pointer,
            out piece);

    private void BuildAtomicAck(ref PacketWriter packet, in ResponderResource resource)
    {
        Begin(ref packet, Opcode.RcAtomicAcknowledge, resource.NextPsn);
        packet.Append(Positive());
        packet.Append(new AtomicAckEth(resource.Original));
    }

    private void BuildAck(ref PacketWriter packet)
    {
        state.IsAckOwed = false;
        scope.Counters.AcksSent.Count(state.IsAckMerged ? 1 : 0);
        Begin(ref packet, Opcode.RcAcknowledge, state.AckPsn.Previous);
        packet.Append(Positive());
    }

    private void BuildNak(ref PacketWriter packet)
    {
        var nak = state.Nak;
        state.Nak = PendingNak.None;
        scope.Counters.NaksSent.Count(nak switch
        {
#if !CANARY_MISCOUNTED_NAK
            PendingNak.ReceiverNotReady => NakIndex.ReceiverNotReady,
#endif
            PendingNak.Sequence => NakIndex.Of(NakCode.PsnSequenceError),
            _ => NakIndex.Of(state.FatalCode),
        });
        Begin(
            ref packet, Opcode.RcAcknowledge, nak == PendingNak.Fatal ? state.FatalPsn : state.ExpectedPsn,
            nak == PendingNak.Fatal ? state.FatalCode : NakCode.PsnSequenceError, nak == PendingNak.ReceiverNotReady);
        packet.Append(nak switch
        {
            PendingNak.ReceiverNotReady => Aeth.RnrNak(scope.Settings.MinimumRnrTimer, state.Msn.Value),
            PendingNak.Sequence => Aeth.Nak(NakCode.PsnSequenceError, state.Msn.Value),
            _ => Aeth.Nak(state.FatalCode, state.Msn.Value),
        });
    }

    // R-RESP-31: no solicited event, no request for an acknowledgement. The opcode is that of RC.
    private void Begin(ref PacketWriter packet, Opcode opcode, Psn psn, NakCode? nak = null, bool isReceiverNotReady = false)
    {
        packet.Begin(
            scope.Service.OpcodeFor(opcode), scope.Settings.DestinationQueuePair, psn, partitionKey: scope.Settings.PartitionKey);
        // R-RESP-33, R-RESP-34: an answer or a NAK at a later PSN has acknowledged what the ACK would have.
        if (state.IsAckOwed && psn.IsAfter(state.AckPsn.Previous)) state.IsAckOwed = false;
        if (scope.Tracing.AwaitsAnswer) scope.Tracing.Observer?.ResponseBuilt(psn.Value, nak, isReceiverNotReady);
    }

    private Aeth Positive()
    {
        // R-REQ-19, R-REQ-20: what is posted now, or no limit where the peer is not to be held back.
        var credits = scope.Options.AdvertiseUnlimitedCredits ? Aeth.UnlimitedCredit : state.Receive.Credits;
#if CANARY_WRONG_CREDIT
        if (credits < Aeth.UnlimitedCredit - 1) credits++;
#endif
        return Aeth.Ack(credits, state.Msn.Value);
    }
}

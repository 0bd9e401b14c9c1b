using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Datagram;

/// <summary>Turns each send work request into one packet to the destination it names (R-REQ-55 to R-REQ-58).</summary>
internal sealed class DatagramRequester(QueuePairScope scope, SendQueueState state, SendCompletions completions)
{
    private readonly LocalMemoryCursor _memory = new(scope);
    private long _prepared = -1;

    /// <summary>Whether there is a work request to look at.</summary>
    public bool HasWork =>
        !state.HasFault && scope.State == QueuePairState.ReadyToSend && state.Outstanding < state.Window
        && state.Ring.IsPublished(state.Started);

    /// <summary>Goes to the next work request of which a packet is sent; those before it complete without one.</summary>
    /// <returns>Where it goes; null when there is none.</returns>
    public AddressVector? Prepare()
    {
        while (HasWork)
        {
            ref readonly var request = ref state.Ring.Slot(state.Started);
            if (_prepared == state.Started) return request.Destination!.Vector;
            var fault = Judge(request);
            if (fault != WorkCompletionStatus.Success) EndFaulty(fault);
            else if (request.Length > (uint)scope.Options.ActiveMtuBytes) EndUnsent(request);
            else _prepared = state.Started;
        }

        return null;
    }

    /// <summary>Builds the packet of the work request that <see cref="Prepare"/> went to, and no other: its way is known.</summary>
    /// <param name="packet">A writer with room for as many payload references as a work request may have entries.</param>
    /// <param name="now">The time it is taken to be sent at.</param>
    /// <returns>False when nothing may be sent now; what the writer holds then means nothing.</returns>
    public bool Poll(ref PacketWriter packet, Instant now)
    {
        if (_prepared != state.Started || !HasWork) return false;
        var index = state.Started;
        ref readonly var request = ref state.Ring.Slot(index);
        var operation = scope.Operations.Find(request.Opcode)!;
        Begin(ref packet, request, operation);
        if (!TryAppendPayload(ref packet, request, index))
        {
            EndFaulty(WorkCompletionStatus.LocalProtectionError);
            return false;
        }

        state.Start(operation, request.Length, psnCount: 1, now);
        state.Transmit.StepOver(state.StartPsn);
        scope.Counters.SentRequests++;
        if (state.MessageAt(index).IsTraced) scope.Tracing.Observer?.PacketBuilt(index, state.MessageAt(index).First.Value);
        return true;
    }

    private void Begin(ref PacketWriter packet, in SendWqe request, SendOperation operation)
    {
        // R-REQ-9: one packet is the last of its message. R-REQ-15: nobody would answer.
        packet.Begin(operation.Only, request.RemoteQueuePair, state.StartPsn, ackRequest: false,
            solicited: (request.Flags & SendFlags.Solicited) != 0, PartitionKeyOf(request));
        packet.Append(new Deth(QueueKeys.ToSend(scope, request.RemoteQueueKey), scope.Context.Number));
        if (operation.HasImmediate) packet.Append(new ImmDt(request.Immediate));
    }

    // R-REQ-58: general services choose their partition for each message.
    private ushort PartitionKeyOf(in SendWqe request) => scope.Context.Type == QueuePairType.Gsi
        ? scope.Host.FindPkey(scope.Settings.Port, request.PkeyIndex)
        : scope.Settings.PartitionKey;

    // R-REQ-57, and R-REQ-11 for the memory; R-REQ-12: inline data need no key.
    private WorkCompletionStatus Judge(in SendWqe request)
    {
        if (scope.Operations.Find(request.Opcode) is null
            || request.Destination is not { } destination
            || destination.ProtectionDomain != scope.Context.ProtectionDomain
            || destination.Vector.Port != scope.Settings.Port
            || request.PkeyIndex >= scope.Options.PartitionKeyTableLength)
            return WorkCompletionStatus.LocalQueuePairOperationError;
        return request.IsInline || _memory.AreAllAccessible(state.Started, AccessFlags.None)
            ? WorkCompletionStatus.Success
            : WorkCompletionStatus.LocalProtectionError;
    }

    private void EndFaulty(WorkCompletionStatus fault)
    {
        state.StartFaulty(fault);
        completions.CompleteAcknowledged();
    }

    // R-REQ-56: what no packet can carry is not sent, and that is a success.
    private void EndUnsent(in SendWqe request)
    {
        state.Start(scope.Operations.Find(request.Opcode)!, request.Length, psnCount: 0, default);
        completions.CompleteAcknowledged();
    }

    private bool TryAppendPayload(ref PacketWriter packet, in SendWqe request, long index)
    {
        if (request.IsInline)
        {
            if (request.Length != 0) packet.AppendPayload(state.Ring.InlineAddress(index), (int)request.Length);
            return true;
        }

        for (uint position = 0; position != request.Length;)
        {
            var taken = _memory.Take(index, position, request.Length - position, AccessFlags.None, out var address);
            if (taken == 0) return false;
            packet.AppendPayload(address, (int)taken);
            position += taken;
        }

        return true;
    }
}

using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>
/// Builds the packet at the transmit cursor (requester.md section 3). The same cursor always gives the same packet but for AckReq, so a
/// retransmission is built from the work request again (R-REQ-44).
/// </summary>
internal sealed class Segmenter(QueuePairScope scope, SendQueueState state, AckRequestPolicy ackRequests)
{
    private readonly LocalMemoryCursor _memory = new(scope);

    /// <summary>
    /// PSNs that a message takes (R-REQ-5, R-WIRE-17). Atomics and ATOMIC WRITE have eight bytes and FLUSH has none, so they take one.
    /// </summary>
    public static int CountPsns(uint length, int pathMtuShift) => length == 0 ? 1 : (int)((length - 1) >> pathMtuShift) + 1;

    /// <summary>Whether the local memory of a work request may be used (R-REQ-11, R-REQ-12: inline data need no key).</summary>
    public bool IsMemoryAccessible(long index, in SendWqe request, SendOperation operation) =>
        request.IsInline || _memory.AreAllAccessible(index, operation.LocalAccess);

    /// <summary>
    /// Builds one packet of SEND, WRITE or ATOMIC WRITE and moves on. False when the local memory may not be used any more.
    /// </summary>
    public bool TryBuildData(ref PacketWriter packet, ref SendMessage message, in SendWqe request)
    {
        var cursor = state.Transmit;
        var left = message.Length - cursor.Offset;
        // R-REQ-6: what is left fits in one packet or it does not.
        var last = left <= (uint)state.PathMtuBytes;
        var count = last ? left : (uint)state.PathMtuBytes;
        var first = cursor.Offset == 0;
        var operation = message.Operation;
        // R-REQ-9: SE only in the last packet of what takes a receive work request.
        var solicited = last && operation.TakesReceive && (request.Flags & SendFlags.Solicited) != 0;
        var asks = operation.AwaitsData ? ackRequests.AsksForData() : ackRequests.Asks(last);
        Begin(ref packet, operation, operation.OpcodeAt(first, last), request, asks, solicited);
        if (first | last) AppendHeaders(ref packet, message, request, first, last);
        if (!TryAppendPayload(ref packet, request, count)) return false;
        if (last) cursor.StepOver(message.End);
        else cursor.Step(count);
        return true;
    }

    /// <summary>Builds a READ request for all data that are still missing and moves behind its responses (R-REQ-7, R-REQ-23).</summary>
    public void BuildRead(ref PacketWriter packet, ref SendMessage message, in SendWqe request)
    {
        var cursor = state.Transmit;
        Begin(ref packet, message.Operation, message.Operation.Only, request, ackRequests.AsksForData());
        packet.Append(new Reth(unchecked(request.RemoteAddress + cursor.Offset), request.RemoteKey, message.Length - cursor.Offset));
        message.ResumedAt = cursor.Psn;
        cursor.StepOver(message.End);
    }

    /// <summary>Builds an atomic request; a retransmitted one is the same to the bit (R-REQ-25, R-REQ-27).</summary>
    public void BuildAtomic(ref PacketWriter packet, ref SendMessage message, in SendWqe request)
    {
        var swaps = request.Opcode == SendOpcode.CompareAndSwap;
        Begin(ref packet, message.Operation, message.Operation.Only, request, ackRequests.AsksForData());
        packet.Append(new AtomicEth(
            request.RemoteAddress, request.RemoteKey, swaps ? request.Swap : request.CompareAdd, swaps ? request.CompareAdd : 0));
        state.Transmit.StepOver(message.End);
    }

    /// <summary>Builds a FLUSH request (R-REQ-26): FETH and RETH, no payload.</summary>
    public void BuildFlush(ref PacketWriter packet, ref SendMessage message, in SendWqe request)
    {
        Begin(ref packet, message.Operation, message.Operation.Only, request, ackRequests.AsksForData());
        packet.Append(new Feth(request.FlushPlacement, request.FlushSelectivity));
        packet.Append(new Reth(request.RemoteAddress, request.RemoteKey, request.FlushLength));
        state.Transmit.StepOver(message.End);
    }

    private void Begin(
        ref PacketWriter packet, SendOperation operation, Opcode opcode, in SendWqe request, bool asks, bool solicited = false)
    {
        packet.Begin(
            opcode, scope.Settings.DestinationQueuePair, state.Transmit.Psn, asks, solicited, scope.Settings.PartitionKey);
        if (operation.HasXrcEth) packet.Append(new XrcEth(request.RemoteSharedReceiveQueue));
    }

    private static void AppendHeaders(ref PacketWriter packet, in SendMessage message, in SendWqe request, bool first, bool last)
    {
        var operation = message.Operation;
        if (first && operation.HasReth) packet.Append(new Reth(request.RemoteAddress, request.RemoteKey, message.Length));
        if (last && operation.HasImmediate) packet.Append(new ImmDt(request.Immediate));
        if (last && operation.HasInvalidate) packet.Append(new Ieth(request.InvalidateKey));
    }

    private bool TryAppendPayload(ref PacketWriter packet, in SendWqe request, uint count)
    {
        var cursor = state.Transmit;
        var prefix = state.MessageAt(cursor.Index).PrefixLength;
        var position = cursor.Offset;
        if (prefix != 0 && position == 0)
        {
            // The first packet holds it whole: no path MTU is as short.
            packet.AppendPayload(scope.Tracing.Prefix!.AddressOf(cursor.Index), (int)prefix);
            (position, count) = (prefix, count - prefix);
        }

        position -= prefix;
        if (request.IsInline)
        {
            if (count != 0 || prefix == 0) packet.AppendPayload(state.Ring.InlineAddress(cursor.Index) + (nint)position, (int)count);
            return true;
        }

        for (var end = position + count; position != end;)
        {
            var taken = _memory.Take(cursor.Index, position, end - position, AccessFlags.None, out var address);
            if (taken == 0) return false;
            packet.AppendPayload(address, (int)taken);
            position += taken;
        }

        return true;
    }
}

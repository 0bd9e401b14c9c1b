using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.SendQueue;

/// <summary>
/// Checks and places what comes back for READs, atomics, ATOMIC WRITEs and FLUSHes (R-REQ-22, R-REQ-23, R-REQ-25, R-REQ-26).
/// </summary>
internal sealed class DataResponses(QueuePairScope scope, SendQueueState state)
{
    private readonly LocalMemoryCursor _memory = new(scope);

    /// <summary>Places one response with the PSN that is expected of the oldest work request.</summary>
    /// <param name="response">A READ response or an ATOMIC ACK.</param>
    /// <param name="index">The work request.</param>
    /// <param name="isComplete">It was the last one.</param>
    /// <returns>
    /// Success, BAD_RESP_ERR for a response that may not stand here, LOC_PROT_ERR when the local memory may not be used any more.
    /// </returns>
    public WorkCompletionStatus Place(in PacketView response, long index, out bool isComplete)
    {
        ref readonly var message = ref state.MessageAt(index);
        isComplete = true;
        if (response.Traits.Has(HeaderLayout.Aeth) && response.Aeth.Kind != AethKind.Ack) return WorkCompletionStatus.BadResponseError;
        return response.Traits.Operation switch
        {
            PacketOperation.ReadResponse when message.Operation.Kind == SendOperationKind.Read =>
                PlaceRead(response, message, index, out isComplete),
            PacketOperation.ReadResponse when message.Operation.Kind is SendOperationKind.AtomicWrite or SendOperationKind.Flush =>
                CheckEmpty(response),
            PacketOperation.AtomicAcknowledge when message.Operation.Kind == SendOperationKind.Atomic => PlaceAtomic(response, index),
            _ => WorkCompletionStatus.BadResponseError,
        };
    }

    // R-REQ-26: READ RESPONSE ONLY without data.
    private static WorkCompletionStatus CheckEmpty(in PacketView response) =>
        response.Traits is { IsFirst: true, IsLast: true } && response.PayloadLength == 0
            ? WorkCompletionStatus.Success : WorkCompletionStatus.BadResponseError;

    private WorkCompletionStatus PlaceRead(in PacketView response, in SendMessage message, long index, out bool isComplete)
    {
        var position = (uint)response.Psn.StepsFrom(message.First) << state.PathMtuShift;
        var left = message.Length - position;
        isComplete = left <= (uint)state.PathMtuBytes;
        var expected = isComplete ? left : (uint)state.PathMtuBytes;
        return response.PayloadLength == expected && MayStandHere(response, message, isComplete)
            ? Scatter(response.Payload, index, position)
            : WorkCompletionStatus.BadResponseError;
    }

    // R-REQ-22, R-REQ-23: the answer to a resumed READ begins anew or goes on in the numbering of the first one.
    private static bool MayStandHere(in PacketView response, in SendMessage message, bool isLast)
    {
        var traits = response.Traits;
        if (traits.IsLast != isLast) return false;
        if (response.Psn == message.First) return traits.IsFirst;
        return !traits.IsFirst || response.Psn == message.ResumedAt;
    }

    // R-REQ-25: big-endian on the wire (read by the view), host order in memory.
    private WorkCompletionStatus PlaceAtomic(in PacketView response, long index)
    {
        var original = response.AtomicAckEth.OriginalRemoteData;
        return Scatter(System.Runtime.InteropServices.MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in original)), index, 0);
    }

    private unsafe WorkCompletionStatus Scatter(ReadOnlySpan<byte> data, long index, uint position)
    {
        while (!data.IsEmpty)
        {
            var count = _memory.Take(index, position, (uint)data.Length, AccessFlags.LocalWrite, out var address);
            if (count == 0) return WorkCompletionStatus.LocalProtectionError;
            data[..(int)count].CopyTo(new Span<byte>((void*)address, (int)count));
            data = data[(int)count..];
            position += count;
        }

        return WorkCompletionStatus.Success;
    }
}

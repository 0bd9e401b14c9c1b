namespace RdmaPipeline.Verbs;

/// <summary>Copies a checked request into its slot. Runs between reservation and publication, so nothing in here may throw.</summary>
internal static class SendWqeFill
{
    public static void Fill(
        SendQueueRing ring, long index, in SendWorkRequest request, uint length,
        ReadOnlySpan<ScatterGatherEntry> entries, ReadOnlySpan<byte> inlineData)
    {
        bool inline = WorkRequestCheck.IsInline(request);
        ref SendWqe wqe = ref ring.Slot(index);
        wqe.WorkRequestId = request.WorkRequestId;
        wqe.Opcode = request.Opcode;
        wqe.Flags = request.Flags;
        wqe.Immediate = request.Immediate;
        wqe.InvalidateKey = request.InvalidateKey;
        wqe.RemoteKey = request.RemoteKey;
        wqe.RemoteSharedReceiveQueue = request.RemoteSharedReceiveQueue;
        wqe.RemoteAddress = request.RemoteAddress;
        wqe.CompareAdd = request.CompareAdd;
        wqe.Swap = request.Swap;
        wqe.Destination = request.Address?.Destination;
        wqe.RemoteQueuePair = request.RemoteQueuePair;
        wqe.RemoteQueueKey = request.RemoteQueueKey;
        wqe.PkeyIndex = request.PkeyIndex;
        wqe.FlushLength = request.FlushLength;
        wqe.FlushPlacement = request.FlushPlacement;
        wqe.FlushSelectivity = request.FlushSelectivity;
        wqe.MemoryOperation = request.MemoryOperation;
        wqe.Length = length;
        wqe.IsInline = inline;
        wqe.EntryCount = inline ? 0 : entries.Length;
        if (!inline)
            entries.CopyTo(ring.Entries(index));
        else if (inlineData.IsEmpty)
            Gather(entries, ring.Inline(index));
        else
            inlineData.CopyTo(ring.Inline(index));
    }

    // R-REQ-12: inline entries are plain addresses of this process, no key is looked at.
    private static unsafe void Gather(ReadOnlySpan<ScatterGatherEntry> entries, Span<byte> into)
    {
        foreach (ref readonly ScatterGatherEntry entry in entries)
        {
            new ReadOnlySpan<byte>((void*)(nuint)entry.Address, (int)entry.Length).CopyTo(into);
            into = into[(int)entry.Length..];
        }
    }
}

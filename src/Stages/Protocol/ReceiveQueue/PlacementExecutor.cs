using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>Executes ATOMIC WRITE and FLUSH: which bytes are where, and when others see them (R-RESP-29, R-RESP-30).</summary>
internal sealed class PlacementExecutor(QueuePairScope scope)
{
    private const uint WordLength = sizeof(ulong);

    /// <summary>Checks 6, 7 and 9, then stores the eight bytes as they came (R-REQ-26).</summary>
    public RequestFault AtomicWrite(in PacketView request)
    {
        var reth = request.Reth;
        if (reth.DmaLength != WordLength) return RequestFault.Length;
        if (!scope.TryResolveRemote(reth.RemoteKey, reth.VirtualAddress, WordLength, AccessFlags.RemoteWrite, out var pointer, out _))
            return RequestFault.RemoteAccess;
        // As for an atomic, the memory behind the address has to be aligned too.
        if (((reth.VirtualAddress | (ulong)pointer) & (WordLength - 1)) != 0) return RequestFault.Misaligned;
        RegisteredMemory.Store(pointer, request.Payload);
        return RequestFault.None;
    }

    /// <summary>
    /// Check 7, of key and rights only when the whole region is meant (R-RESP-11), then sees to it that everything written before can be
    /// seen by every processor. What persistence means beyond that is vouched for by who registered the memory.
    /// </summary>
    public RequestFault Flush(in PacketView request)
    {
        var (feth, reth) = (request.Feth, request.Reth);
        var needed = RequestPermission.NeededFor(feth.Placement);
        var isAllowed = feth.Selectivity == FlushSelectivity.MemoryRegion
            ? scope.TryFindRemote(reth.RemoteKey, needed)
            : scope.TryResolveRemote(reth.RemoteKey, reth.VirtualAddress, reth.DmaLength, needed, out _, out _);
        if (!isAllowed) return RequestFault.RemoteAccess;
        Interlocked.MemoryBarrier();
        return RequestFault.None;
    }
}

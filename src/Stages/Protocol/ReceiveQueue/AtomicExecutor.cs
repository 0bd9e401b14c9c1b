using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>Executes COMPARE SWAP and FETCH ADD, serialised with every other atomic of this process (R-RESP-25).</summary>
internal sealed class AtomicExecutor(QueuePairScope scope)
{
    private const uint OperandLength = sizeof(ulong);

    /// <summary>Checks 7 and 9, then executes.</summary>
    public RequestFault Execute(PacketOperation operation, in AtomicEth header, out ulong original)
    {
        original = 0;
        var (key, address) = (header.RemoteKey, header.VirtualAddress);
        if (!scope.TryResolveRemote(key, address, OperandLength, AccessFlags.RemoteAtomic, out var pointer, out _))
            return RequestFault.RemoteAccess;
        // The memory behind an aligned address of a zero-based region need not be aligned; Interlocked needs it to be.
        if (((address | (ulong)pointer) & (OperandLength - 1)) != 0) return RequestFault.Misaligned;
        original = operation == PacketOperation.CompareSwap
            ? RegisteredMemory.CompareSwap(pointer, header.Compare, header.SwapOrAdd)
            : RegisteredMemory.FetchAdd(pointer, header.SwapOrAdd);
        return RequestFault.None;
    }
}

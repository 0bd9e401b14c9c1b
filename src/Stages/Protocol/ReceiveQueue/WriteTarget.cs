using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>The memory that a WRITE fills: checked as a whole with the first packet, for what is left with each later one.</summary>
internal sealed class WriteTarget(QueuePairScope scope)
{
    private uint _remoteKey;
    private ulong _address;
    private uint _remaining;

    /// <summary>DMALen of the WRITE, which its receive completion reports (R-RESP-23).</summary>
    public uint TotalLength { get; private set; }

    /// <summary>Takes the range from the packet with the RETH.</summary>
    public void Begin(in Reth reth) =>
        (_remoteKey, _address, _remaining, TotalLength) = (reth.RemoteKey, reth.VirtualAddress, reth.DmaLength, reth.DmaLength);

    /// <summary>Checks 7 and 8, then places the payload of one packet.</summary>
    public RequestFault Place(ReadOnlySpan<byte> payload, bool isLast)
    {
        var (pointer, piece) = ((nint)0, 0UL);
        // On the first packet this is the whole DMALen, later what is left: the key may have been invalidated in between.
        // R-RESP-11: a WRITE of nothing touches no memory, so nothing is checked.
        if (_remaining != 0
            && !scope.TryResolveRemote(_remoteKey, _address, _remaining, AccessFlags.RemoteWrite, out pointer, out piece))
        {
            return RequestFault.RemoteAccess;
        }

        // The last packet carries exactly what is left, every other one leaves something for it.
        var fits = isLast ? (uint)payload.Length == _remaining : (uint)payload.Length < _remaining;
        if (!fits) return RequestFault.Length;
        if ((ulong)payload.Length <= piece) RegisteredMemory.Write(pointer, payload);
        else if (!scope.TryWriteRemote(_remoteKey, _address, payload)) return RequestFault.RemoteAccess;
        _address += (uint)payload.Length;
        _remaining -= (uint)payload.Length;
        return RequestFault.None;
    }
}

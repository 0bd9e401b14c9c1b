using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// The receives of the queue pair's own receive queue. The one that is held stays at the head of the ring until it completes, so that
/// a flush meets it first (R-RESP-50).
/// </summary>
internal sealed class OwnReceives(QueuePairContext context) : IReceiveSource
{
    private readonly ReceiveQueueRing _ring = context.ReceiveRing;

    public byte Credits => CreditCode.Encode(_ring.PostedCount);

    public int MaxEntries => _ring.MaxEntries;

    public uint ProtectionDomain => context.ProtectionDomain;

    public ref readonly ReceiveWqe Held => ref _ring.Slot(_ring.Retired);

    public ReadOnlySpan<ScatterGatherEntry> Entries => _ring.Entries(_ring.Retired);

    public CompletionQueue? CompletionQueue => context.ReceiveCq;

    public bool TrySelect(in PacketView request) => true;

    public bool TryTake() => _ring.IsPublished(_ring.Retired);

    public bool TryTakeToFlush() => TryTake();

    public void Release() => _ring.Retire(_ring.Retired + 1);

    /// <summary>Nothing to do: who discards resets the whole ring.</summary>
    public void Discard()
    {
    }
}

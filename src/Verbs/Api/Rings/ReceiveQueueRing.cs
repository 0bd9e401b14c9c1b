namespace RdmaPipeline.Verbs;

/// <summary>The receive queue: posted by any thread, consumed by the shard.</summary>
internal sealed class ReceiveQueueRing(int capacity, int maxEntries) : WorkQueueRing<ReceiveWqe>(capacity, maxEntries)
{
    /// <summary>Receives posted and not yet retired: what may be granted as end-to-end credits (R-REQ-20).</summary>
    public int PostedCount => (int)(Tail - Retired);
}

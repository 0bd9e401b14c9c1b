namespace RdmaPipeline.Backends.Packets;

/// <summary>
/// Who wants to be told when the packets of a burst have been handed to the back-end: one entry for each run of packets of a queue pair.
/// Whoever hands the burst over takes the notices off it first, because afterwards it may be somebody else's. A burst that ends before
/// that tells them itself, so none is lost.
/// </summary>
public sealed class HandoverNotices
{
    private Entry[] _entries = [];

    /// <summary>Entries.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a packet. Allocates the first time.</summary>
    /// <param name="observer">Whom to tell.</param>
    /// <param name="queuePair">The queue pair that built it.</param>
    /// <param name="position">Its place among all packets of the queue pair; positions only grow.</param>
    public void Add(IHandoverObserver observer, uint queuePair, long position)
    {
        if (_entries.Length == 0)
            _entries = new Entry[PacketBurst.MaxPackets];
        if (Count == 0 || _entries[Count - 1].QueuePair != queuePair)
            Count++;
        _entries[Count - 1] = new Entry(observer, queuePair, position);
    }

    /// <summary>Moves all entries.</summary>
    /// <param name="empty">Where to; it holds none.</param>
    public void MoveTo(HandoverNotices empty)
    {
        ArgumentNullException.ThrowIfNull(empty);
        if (Count == 0)
            return;
        (_entries, empty._entries) = (empty._entries, _entries);
        (Count, empty.Count) = (empty.Count, Count);
    }

    /// <summary>Tells everyone and forgets them.</summary>
    public void Tell()
    {
        for (var i = 0; i < Count; i++)
            _entries[i].Observer.HandedOver(_entries[i].QueuePair, _entries[i].Position);
        Count = 0;
    }

    private readonly record struct Entry(IHandoverObserver Observer, uint QueuePair, long Position);
}

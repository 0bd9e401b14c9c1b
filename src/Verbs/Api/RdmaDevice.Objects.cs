namespace RdmaPipeline.Verbs;

/// <content>What was made from the device and is still there.</content>
public sealed partial class RdmaDevice
{
    private readonly HashSet<ProtectionDomain> _domains = [];
    private readonly HashSet<MemoryRegion> _regions = [];
    private readonly HashSet<QueuePair> _queuePairs = [];
    private readonly HashSet<AddressHandle> _addressHandles = [];
    private readonly HashSet<CompletionQueue> _completionQueues = [];
    private readonly HashSet<CompletionChannel> _channels = [];

    /// <summary>Protection domains not yet disposed of; 0 again after the last (R-VERB-19).</summary>
    public int ProtectionDomainCount => CountOf(_domains);

    /// <summary>Memory regions not yet disposed of.</summary>
    public int MemoryRegionCount => CountOf(_regions);

    /// <summary>Queue pairs not yet disposed of.</summary>
    public int QueuePairCount => CountOf(_queuePairs);

    /// <summary>Address handles not yet disposed of.</summary>
    public int AddressHandleCount => CountOf(_addressHandles);

    /// <summary>Completion queues not yet disposed of.</summary>
    public int CompletionQueueCount => CountOf(_completionQueues);

    /// <summary>Completion channels not yet disposed of.</summary>
    public int CompletionChannelCount => CountOf(_channels);

    /// <summary>Closes the device and disposes of everything that was made from it and is left.</summary>
    public void Dispose()
    {
        lock (Control)
        {
            if (IsDisposed)
                return;
            _disposed = 1;
        }
        DisposeAll(_openedQueuePairs);
        DisposeAll(_queuePairs);
        DisposeAll(_addressHandles);
        DisposeAll(_windows);
        DisposeAll(_sharedReceiveQueues);
        DisposeAll(_xrcDomains);
        DisposeAll(_regions);
        DisposeAll(_deviceMemories);
        // A domain goes after the parent domains that stand for it.
        DisposeAll(_domains, static domain => domain.Inner is not null);
        DisposeAll(_domains);
        DisposeAll(_completionQueues);
        DisposeAll(_channels);
        Provider.Close();
        _events.Writer.TryComplete();
    }

    internal void Remember(ProtectionDomain domain) => _domains.Add(domain);

    internal void Remember(MemoryRegion region) => _regions.Add(region);

    internal void Remember(QueuePair queuePair) => (queuePair.IsOpened ? _openedQueuePairs : _queuePairs).Add(queuePair);

    internal void Remember(AddressHandle handle) => _addressHandles.Add(handle);

    internal void Forget(AddressHandle handle) => _addressHandles.Remove(handle);

    internal void Forget(ProtectionDomain domain) => _domains.Remove(domain);

    internal void Forget(MemoryRegion region) => _regions.Remove(region);

    internal void Forget(QueuePair queuePair) => (queuePair.IsOpened ? _openedQueuePairs : _queuePairs).Remove(queuePair);

    internal void Forget(CompletionQueue queue) => _completionQueues.Remove(queue);

    internal void Forget(CompletionChannel channel) => _channels.Remove(channel);

    private int CountOf<T>(HashSet<T> objects)
    {
        lock (Control)
            return objects.Count;
    }

    private void DisposeAll<T>(HashSet<T> objects, Func<T, bool>? which = null)
        where T : IDisposable
    {
        T[] left;
        lock (Control)
            left = [.. which is null ? objects : objects.Where(which)];
        foreach (T item in left)
            item.Dispose();
    }
}

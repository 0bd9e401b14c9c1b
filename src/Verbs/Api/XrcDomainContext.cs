using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace RdmaPipeline.Verbs;

/// <summary>
/// An XRC domain, however many times it was opened: its shared receive queues and targets by number. Shards look queues up without a
/// lock; all else is for the control plane, under the control lock.
/// </summary>
/// <param name="handle">Identifies the domain; of the same numbers as protection domains, so that no region is ever in it.</param>
/// <param name="name">The name it can be opened by; null for a domain of its own.</param>
/// <param name="maxEntries">The most scatter-gather entries of a receive of any of its queues.</param>
internal sealed class XrcDomainContext(uint handle, string? name, int maxEntries)
{
    private readonly ConcurrentDictionary<uint, SharedReceiveQueueContext> _queues = [];
    private readonly Dictionary<uint, QueuePair> _targets = [];

    public uint Handle { get; } = handle;

    public string? Name { get; } = name;

    public int MaxEntries { get; } = maxEntries;

    /// <summary>How many <see cref="XrcDomain"/>s have it open.</summary>
    public int OpenCount { get; set; }

    /// <summary>The queues of this moment. Any thread.</summary>
    public IEnumerable<SharedReceiveQueueContext> Queues => _queues.Values;

    /// <summary>
    /// Finds the queue that a request names: one of XRC and of this domain, or none (R-RESP-42). Any thread, no lock.
    /// </summary>
    public bool TryFind(uint number, [NotNullWhen(true)] out SharedReceiveQueueContext? queue) => _queues.TryGetValue(number, out queue);

    /// <summary>Lets targets find a queue.</summary>
    public void Add(SharedReceiveQueueContext queue) => _queues[queue.Number] = queue;

    /// <summary>A queue is no longer found.</summary>
    public void Remove(SharedReceiveQueueContext queue) => _queues.TryRemove(queue.Number, out _);

    /// <summary>Lets others open a target.</summary>
    public void Add(QueuePair target) => _targets[target.Number] = target;

    /// <summary>A target can no longer be opened.</summary>
    public void Remove(QueuePair target) => _targets.Remove(target.Number);

    /// <summary>The target of a number, or null.</summary>
    public QueuePair? FindTarget(uint number) => _targets.GetValueOrDefault(number);
}

namespace RdmaPipeline.Verbs;

/// <summary>
/// An open RDMA device. All members may be called from any thread. Dispose of what was made from it in the reverse order: queue pairs,
/// address handles, windows, regions, device memory, domains, completion queues, channels; disposing of the device disposes of all that is
/// left, in this order.
/// </summary>
public sealed partial class RdmaDevice : IDisposable
{
    private uint _nextDomain;
    private int _disposed;

    internal RdmaDevice(IVerbsProvider provider)
    {
        _events = CreateEvents(provider);
        Provider = provider;
        Attributes = provider.QueryDevice();
        MemoryRegions = new MemoryRegionTable(Attributes.MaxMemoryRegions, provider.NextRandom, Attributes.MaxMemoryWindows);
        provider.Attach(this);
    }

    /// <summary>The name of the device.</summary>
    public string Name => Attributes.Name;

    /// <summary>Identity and limits.</summary>
    public DeviceAttributes Attributes { get; private set; }

    internal IVerbsProvider Provider { get; }

    internal MemoryRegionTable MemoryRegions { get; }

    /// <summary>Guards who belongs to whom. No shard ever takes it, and it is not held while the provider quiesces.</summary>
    internal Lock Control { get; } = new();

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Makes a protection domain.</summary>
    /// <returns>The domain.</returns>
    /// <exception cref="RdmaException">ENOMEM: the device has no more.</exception>
    public ProtectionDomain CreateProtectionDomain()
    {
        lock (Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            CheckLimit(_domains.Count, Attributes.MaxProtectionDomains, "protection domains");
            var domain = new ProtectionDomain(this, ++_nextDomain);
            _domains.Add(domain);
            return domain;
        }
    }

    /// <summary>Makes a completion channel.</summary>
    /// <returns>The channel.</returns>
    public CompletionChannel CreateCompletionChannel()
    {
        lock (Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            var channel = new CompletionChannel(this);
            _channels.Add(channel);
            return channel;
        }
    }

    /// <summary>Makes a completion queue.</summary>
    /// <param name="capacity">Completions it shall hold, 1 to <see cref="DeviceAttributes.MaxCompletionQueueEntries"/>.</param>
    /// <param name="channel">Where its notifications go; a queue that is only polled or awaited needs none.</param>
    /// <param name="completionVector">0 to <see cref="DeviceAttributes.CompletionVectors"/> − 1.</param>
    /// <param name="userContext">Anything to find again at <see cref="CompletionQueue.UserContext"/>.</param>
    /// <returns>The queue.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: capacity or vector out of range, or a channel of another device. ENOMEM: the device has no more (R-CQ-1).
    /// </exception>
    public CompletionQueue CreateCompletionQueue(
        int capacity, CompletionChannel? channel = null, int completionVector = 0, object? userContext = null)
    {
        return CreateCompletionQueue(new CompletionQueueOptions
        {
            Capacity = capacity, Channel = channel, CompletionVector = completionVector, UserContext = userContext,
        });
    }

    /// <summary>Makes a completion queue, perhaps with timestamps (create_cq_ex).</summary>
    /// <param name="options">What it shall be.</param>
    /// <returns>The queue.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: capacity or vector out of range, or a channel of another device. ENOMEM: the device has no more (R-CQ-1).
    /// </exception>
    public CompletionQueue CreateCompletionQueue(CompletionQueueOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        CheckCompletionQueueCapacity(options.Capacity);
        if (options.CompletionVector < 0 || options.CompletionVector >= Attributes.CompletionVectors)
            throw RdmaException.Invalid($"comp_vector is {options.CompletionVector}; it must be 0 to {Attributes.CompletionVectors - 1}");
        lock (Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            CheckLimit(_completionQueues.Count, Attributes.MaxCompletionQueues, "completion queues");
            var queue = new CompletionQueue(this, options);
            Attach(options.Channel);
            _completionQueues.Add(queue);
            return queue;
        }
    }

    internal void CheckCompletionQueueCapacity(int capacity)
    {
        if (capacity < 1 || capacity > Attributes.MaxCompletionQueueEntries)
            throw RdmaException.Invalid($"cqe is {capacity}; it must be 1 to max_cqe = {Attributes.MaxCompletionQueueEntries}");
    }

    internal static void CheckLimit(int count, int limit, string what)
    {
        if (count >= limit)
            throw new RdmaException(VerbsErrno.ENOMEM, $"{count} {what} are open, the limit is {limit}: dispose of one first");
    }

    private void Attach(CompletionChannel? channel)
    {
        if (channel is null)
            return;
        ObjectDisposedException.ThrowIf(channel.IsDisposed, channel);
        if (!_channels.Contains(channel))
            throw RdmaException.Invalid("channel belongs to another device: make it with the CreateCompletionChannel of this one");
        channel.AttachedQueues++;
    }
}

namespace RdmaPipeline.Verbs;

/// <content>Shared receive queues and XRC domains.</content>
public sealed partial class RdmaDevice
{
    private const uint LastSharedReceiveQueue = 0xFFFFFF;

    private readonly HashSet<SharedReceiveQueue> _sharedReceiveQueues = [];
    private readonly HashSet<XrcDomain> _xrcDomains = [];
    private readonly HashSet<QueuePair> _openedQueuePairs = [];
    private readonly Dictionary<string, XrcDomainContext> _namedXrcDomains = [];
    private readonly HashSet<uint> _sharedReceiveQueueNumbers = [];
    private uint _nextSharedReceiveQueue = 1;

    /// <summary>Shared receive queues not yet disposed of.</summary>
    public int SharedReceiveQueueCount => CountOf(_sharedReceiveQueues);

    /// <summary>XRC domains not yet disposed of; one that was opened twice counts twice.</summary>
    public int XrcDomainCount => CountOf(_xrcDomains);

    /// <summary>
    /// Opens an XRC domain: one of its own without a name, or one that all parts of the program share who open the same name on this
    /// device. Where C programs share by a file, share by its full name.
    /// </summary>
    /// <param name="name">Any text, compared letter by letter; null for a domain that nobody else can open.</param>
    /// <param name="mode">
    /// <see cref="FileMode.OpenOrCreate"/> (O_CREAT), <see cref="FileMode.CreateNew"/> (O_CREAT | O_EXCL) or
    /// <see cref="FileMode.Open"/>, for a name. Without a name a domain is always made.
    /// </param>
    /// <returns>The domain.</returns>
    /// <exception cref="RdmaException">
    /// EOPNOTSUPP: the device has no XRC. EINVAL: another mode, or <see cref="FileMode.Open"/> without a name. ENOENT: the name is
    /// not there to be opened. EEXIST: it is there and shall be new.
    /// </exception>
    public XrcDomain OpenXrcDomain(string? name = null, FileMode mode = FileMode.OpenOrCreate)
    {
        if ((Attributes.Capabilities & DeviceCapabilities.ExtendedReliableConnection) == 0)
            throw new RdmaException(VerbsErrno.EOPNOTSUPP, "this device has no XRC");
        if (mode is not (FileMode.OpenOrCreate or FileMode.CreateNew or FileMode.Open))
            throw RdmaException.Invalid($"oflags is {mode}; it must be OpenOrCreate, CreateNew or Open");
        if (name is null && mode == FileMode.Open)
            throw RdmaException.Invalid("oflags is Open without a name: there is nothing to open, give a name or create");
        lock (Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            XrcDomainContext context = FindXrcDomain(name, mode) ?? CreateXrcDomain(name);
            context.OpenCount++;
            var domain = new XrcDomain(this, context);
            _xrcDomains.Add(domain);
            return domain;
        }
    }

    /// <summary>Makes the shared part of a queue of a domain. Under the control lock.</summary>
    internal SharedReceiveQueueContext CreateContext(ProtectionDomain domain, SharedReceiveQueueInitAttributes init)
    {
        try
        {
            return new SharedReceiveQueueContext(init.MaxWorkRequests, init.MaxEntries)
            {
                Number = init.Type == SharedReceiveQueueType.Xrc ? TakeSharedReceiveQueueNumber() : 0,
                ProtectionDomain = domain.Handle,
                CompletionQueue = init.CompletionQueue,
            };
        }
        catch (Exception cause) when (cause is OutOfMemoryException or OverflowException)
        {
            throw new RdmaException(VerbsErrno.ENOMEM, $"no memory for a shared receive queue of {init.MaxWorkRequests} receives", cause);
        }
    }

    internal void Remember(SharedReceiveQueue queue) => _sharedReceiveQueues.Add(queue);

    internal void Forget(SharedReceiveQueue queue)
    {
        _sharedReceiveQueues.Remove(queue);
        _sharedReceiveQueueNumbers.Remove(queue.Context.Number);
    }

    internal void Forget(XrcDomain domain)
    {
        _xrcDomains.Remove(domain);
        if (domain.Context is { OpenCount: 0, Name: { } name })
            _namedXrcDomains.Remove(name);
    }

    private XrcDomainContext? FindXrcDomain(string? name, FileMode mode)
    {
        if (name is null)
            return null;
        bool exists = _namedXrcDomains.TryGetValue(name, out XrcDomainContext? found);
        if (exists && mode == FileMode.CreateNew)
            throw new RdmaException(VerbsErrno.EEXIST, $"the XRC domain {name} exists and shall be new");
        if (!exists && mode == FileMode.Open)
            throw new RdmaException(VerbsErrno.ENOENT, $"there is no XRC domain {name} to open: create it");
        return found;
    }

    private XrcDomainContext CreateXrcDomain(string? name)
    {
        var context = new XrcDomainContext(++_nextDomain, name, Attributes.MaxSharedReceiveQueueEntries);
        if (name is not null)
            _namedXrcDomains.Add(name, context);
        return context;
    }

    // In turn, so that the number of a queue that is gone does not come back soon: a peer may still name it.
    private uint TakeSharedReceiveQueueNumber()
    {
        uint number;
        do
        {
            number = _nextSharedReceiveQueue;
            _nextSharedReceiveQueue = number == LastSharedReceiveQueue ? 1 : number + 1;
        }
        while (!_sharedReceiveQueueNumbers.Add(number));
        return number;
    }
}

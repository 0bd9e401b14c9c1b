namespace RdmaPipeline.Verbs;

/// <summary>
/// Receives for many queue pairs, on whatever shards they live: a message takes the oldest when its first packet arrives (R-RESP-38).
/// All members may be called from any thread.
/// </summary>
public sealed partial class SharedReceiveQueue : IDisposable
{
    private readonly SharedReceiveQueueContext _context;
    private int _users;
    private int _disposed;

    /// <summary>Under the control lock.</summary>
    internal SharedReceiveQueue(ProtectionDomain domain, SharedReceiveQueueInitAttributes init, SharedReceiveQueueContext context)
    {
        (ProtectionDomain, Type, XrcDomain, UserContext) = (domain, init.Type, init.XrcDomain, init.UserContext);
        _context = context;
        _context.Arm(init.Limit);
        _context.Owner = this;
    }

    /// <summary>The domain of the memory of its receives; the queue pairs that use it may be of another.</summary>
    public ProtectionDomain ProtectionDomain { get; }

    /// <summary>The device it belongs to.</summary>
    public RdmaDevice Device => ProtectionDomain.Device;

    /// <summary>What it serves.</summary>
    public SharedReceiveQueueType Type { get; }

    /// <summary>The domain whose targets use it; null for a basic queue.</summary>
    public XrcDomain? XrcDomain { get; }

    /// <summary>Where its receives complete; null for a basic queue, whose queue pairs have their own.</summary>
    public CompletionQueue? CompletionQueue => _context.CompletionQueue;

    /// <summary>What the owner attached.</summary>
    public object? UserContext { get; }

    /// <summary>Scatter-gather entries of one receive.</summary>
    public int MaxEntries => _context.MaxEntries;

    /// <summary>Receives posted that no message has taken; a moment's view.</summary>
    public int Count => _context.Count;

    /// <summary>The number by which peers name it in <see cref="SendWorkRequest.RemoteSharedReceiveQueue"/>, 24 bits.</summary>
    /// <exception cref="RdmaException">EINVAL: a basic queue has none.</exception>
    public uint Number => Type == SharedReceiveQueueType.Xrc
        ? _context.Number
        : throw RdmaException.Invalid("srq_type is Basic: only a shared receive queue of XRC has a number");

    internal SharedReceiveQueueContext Context => _context;

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Changes size or limit: both or, on an error, nothing.</summary>
    /// <param name="attributes">
    /// Those to change. A new size keeps the receives that are posted, and the queue may be in use meanwhile.
    /// </param>
    /// <exception cref="RdmaException">
    /// EINVAL: a value out of range, a size below the limit or below the number of receives posted, or the queue failed. EOPNOTSUPP:
    /// the device cannot resize. ENOMEM: no memory for the new size.
    /// </exception>
    public void Modify(SharedReceiveQueueAttributes attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        lock (Device.Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            ThrowIfFailed();
            SharedReceiveQueueCheck.Modify(Device, _context, attributes);
            if (attributes.MaxWorkRequests is { } size && size != _context.Capacity)
                Resize(size);
            if (attributes.Limit is { } limit)
                _context.Arm(limit);
        }
    }

    /// <summary>Size, entries and limit in force.</summary>
    /// <returns>All three.</returns>
    /// <exception cref="RdmaException">EINVAL: the queue failed.</exception>
    public SharedReceiveQueueAttributes Query()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ThrowIfFailed();
        return new SharedReceiveQueueAttributes
        {
            MaxWorkRequests = _context.Capacity, MaxEntries = _context.MaxEntries, Limit = _context.Limit,
        };
    }

    /// <summary>
    /// Ends the queue; the receives in it vanish without completions, and so does one of XRC that a message is just filling. Returns when
    /// the device no longer touches memory on its behalf.
    /// </summary>
    /// <exception cref="RdmaException">EBUSY: queue pairs use it; dispose of them first.</exception>
    public void Dispose()
    {
        lock (Device.Control)
        {
            if (IsDisposed)
                return;
            if (_users != 0)
                throw new RdmaException(VerbsErrno.EBUSY, $"{_users} queue pair(s) receive from here: dispose of them first");
            Volatile.Write(ref _disposed, 1);
            _context.Close();
            XrcDomain?.Forget(this);
        }
        try
        {
            Device.Provider.Quiesce();
        }
        finally
        {
            lock (Device.Control)
            {
                CompletionQueue?.CountUsers(-1);
                ProtectionDomain.Forget(this);
            }
        }
    }

    /// <summary>A queue pair uses this queue or no longer does. Under the control lock.</summary>
    internal void CountUsers(int change) => _users += change;

    /// <summary>Tells of an event of this queue. Any thread; never waits.</summary>
    internal void Raise(AsyncEventType type) => Device.Raise(new AsyncEvent(type, null, null, 0) { SharedReceiveQueue = this });

    private void Resize(int size)
    {
        try
        {
            _context.Resize(size);
        }
        catch (Exception cause) when (cause is OutOfMemoryException or OverflowException)
        {
            throw new RdmaException(VerbsErrno.ENOMEM, $"no memory for a shared receive queue of {size} receives", cause);
        }
    }

    private void ThrowIfFailed()
    {
        if (_context.HasFailed)
            throw RdmaException.Invalid("the shared receive queue failed: dispose of it and its queue pairs and make a new one");
    }
}

namespace RdmaPipeline.Verbs;

/// <summary>
/// A send queue and a receive queue, and after <see cref="ConnectTo"/> a way to a peer. All members may be called from any thread.
/// </summary>
public sealed partial class QueuePair : IDisposable
{
    private readonly Lock _disposing = new();
    private readonly QueuePairContext _context;
    private readonly ProtectionDomain? _domain;
    private int _port;
    private int _disposed;

    /// <summary>Under the control lock.</summary>
    internal QueuePair(ProtectionDomain domain, QueuePairInitAttributes init)
        : this(domain.Device, init, QueuePairContextFactory.Create(domain, init)) => _domain = domain;

    private QueuePair(RdmaDevice device, QueuePairInitAttributes init, QueuePairContext context)
    {
        Device = device;
        SendCompletionQueue = init.SendCompletionQueue;
        ReceiveCompletionQueue = init.ReceiveCompletionQueue;
        SharedReceiveQueue = init.SharedReceiveQueue;
        UserContext = init.UserContext;
        InitialPsn = device.Provider.NextRandom() & 0xFFFFFF;
        _context = context;
        _context.Owner = this;
        _port = _context.Port;
    }

    /// <summary>The domain it belongs to.</summary>
    /// <exception cref="RdmaException">EINVAL: an XRC target has none, but an <see cref="XrcDomain"/>.</exception>
    public ProtectionDomain ProtectionDomain =>
        _domain ?? throw RdmaException.Invalid($"qp_type is {Type}: it has no protection domain, those of its shared receive queues count");

    /// <summary>The device it belongs to.</summary>
    public RdmaDevice Device { get; }

    /// <summary>Where sends complete.</summary>
    public CompletionQueue? SendCompletionQueue { get; }

    /// <summary>Where receives complete.</summary>
    public CompletionQueue? ReceiveCompletionQueue { get; }

    /// <summary>Where its receives come from; null when it has a receive queue of its own, or none.</summary>
    public SharedReceiveQueue? SharedReceiveQueue { get; }

    /// <summary>What the owner attached.</summary>
    public object? UserContext { get; }

    /// <summary>Its number, 24 bits.</summary>
    public uint Number => _context.Number;

    /// <summary>The transport service.</summary>
    public QueuePairType Type => _context.Type;

    /// <summary>The sizes of its queues.</summary>
    public QueuePairCapabilities Capabilities => _context.Caps;

    /// <summary>Every send makes a completion (R-CQ-12).</summary>
    public bool SignalAll => _context.SignalAll;

    /// <summary>Its state now.</summary>
    public QueuePairState State => _context.State;

    /// <summary>A random PSN, drawn when the queue pair was made, for its first request.</summary>
    public uint InitialPsn { get; }

    internal QueuePairContext Context => _context;

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Changes attributes: all or, on an error, nothing (R-VERB-14).</summary>
    /// <param name="attributes">Those to change; a state makes a transition.</param>
    /// <exception cref="RdmaException">
    /// EINVAL: an illegal transition, an attribute that it needs and that is missing, one that it does not allow, or a value out of range.
    /// </exception>
    public void Modify(QueuePairAttributes attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        QueuePairAttributeCheck.Check(Device, attributes, _port);
        Device.Provider.Modify(_context, attributes);
        _port = attributes.Port ?? _port;
    }

    /// <summary>The attributes in force (R-VERB-11).</summary>
    /// <returns>Those that have a value in this state.</returns>
    public QueuePairAttributes Query()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return Device.Provider.Query(_context);
    }

    /// <summary>
    /// Ends the queue pair, in any state. Returns when the device no longer touches memory on its behalf; its work requests vanish
    /// without completions, completions already in a queue stay there (R-VERB-10, R-CQ-11). A handle to an opened XRC target is closed.
    /// </summary>
    /// <exception cref="RdmaException">
    /// EBUSY: it is attached to a multicast group, detach it first; or others have opened this XRC target, they dispose of it first.
    /// </exception>
    public void Dispose()
    {
        lock (_disposing)
        {
            if (IsDisposed)
                return;
            LeaveGroups();
            MarkDisposed();
            try
            {
                if (!IsOpened)
                    DestroyContext();
            }
            finally
            {
                Unregister();
            }
        }
    }

    /// <summary>Announces the queue pair to the device, its domain and its completion queues. Under the control lock.</summary>
    internal void Register()
    {
        ThrowIfDisposed(SendCompletionQueue);
        ThrowIfDisposed(ReceiveCompletionQueue);
        if (SharedReceiveQueue is not null)
            ObjectDisposedException.ThrowIf(SharedReceiveQueue.IsDisposed, SharedReceiveQueue);
        Device.Provider.RegisterQueuePair(_context);
        CountQueueUsers(1);
        Device.Remember(this);
    }

    private void Unregister()
    {
        lock (Device.Control)
        {
            CountQueueUsers(-1);
            _domain?.Forget(this);
            if (XrcDomain is { } domain)
                LeaveXrcDomain(domain);
        }
    }

    private void DestroyContext()
    {
        Device.Provider.Destroy(_context);
        Device.Provider.Quiesce();
    }

    private void MarkDisposed()
    {
        lock (Device.Control)
        {
            ThrowIfOpened();
            Volatile.Write(ref _disposed, 1);
        }
    }

    private static void ThrowIfDisposed(CompletionQueue? queue)
    {
        if (queue is not null)
            ObjectDisposedException.ThrowIf(queue.IsDisposed, queue);
    }

    private void CountQueueUsers(int change)
    {
        SendCompletionQueue?.CountUsers(change);
        ReceiveCompletionQueue?.CountUsers(change);
        SharedReceiveQueue?.CountUsers(change);
    }
}

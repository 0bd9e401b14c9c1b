namespace RdmaPipeline.Verbs;

/// <summary>
/// An open XRC domain: targets that are made in it serve the shared receive queues of XRC that are made with it, so that one connection
/// reaches all of them. Who opens the same name of the same device shares the domain; each closes his own.
/// </summary>
public sealed class XrcDomain : IDisposable
{
    private readonly XrcDomainContext _context;
    private int _queues;
    private int _queuePairs;
    private int _disposed;

    internal XrcDomain(RdmaDevice device, XrcDomainContext context) => (Device, _context) = (device, context);

    /// <summary>The device it belongs to.</summary>
    public RdmaDevice Device { get; }

    /// <summary>The name it was opened by; null when it was opened without one and cannot be shared.</summary>
    public string? Name => _context.Name;

    internal XrcDomainContext Context => _context;

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>
    /// Makes a target in the state RESET: the responder of XRC connections. It has no queues and no protection domain of its own: both come
    /// from the shared receive queue that a request names.
    /// </summary>
    /// <param name="attributes">
    /// Of the type <see cref="QueuePairType.XrcTarget"/>, without completion queues; its capabilities are not looked at.
    /// </param>
    /// <returns>The queue pair; dispose of it before the domain.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: another type, or a queue is set. EOPNOTSUPP: the device does not offer the type. ENOMEM: the device has no more queue pairs.
    /// </exception>
    public QueuePair CreateQueuePair(QueuePairInitAttributes attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        if (attributes.Type != QueuePairType.XrcTarget)
            throw RdmaException.Invalid($"qp_type is {attributes.Type}: only targets are made here, others in a protection domain");
        QueuePairInitCheck.Check(Device, attributes);
        lock (Device.Control)
        {
            ThrowIfDisposed();
            RdmaDevice.CheckLimit(Device.QueuePairCount, Device.Attributes.MaxQueuePairs, "queue pairs");
            var target = new QueuePair(this, attributes);
            target.Register();
            _queuePairs++;
            _context.Add(target);
            return target;
        }
    }

    /// <summary>
    /// Opens a target that someone else made in the same domain: a second handle to the same queue pair, which gets the same events. The
    /// one who made it can dispose of it only when all others have.
    /// </summary>
    /// <param name="number">The number of the target, 24 bits.</param>
    /// <param name="userContext">Anything to find again at <see cref="QueuePair.UserContext"/>.</param>
    /// <returns>The handle; dispose of it before the domain.</returns>
    /// <exception cref="RdmaException">EINVAL: no target of this domain has this number.</exception>
    public QueuePair OpenQueuePair(uint number, object? userContext = null)
    {
        lock (Device.Control)
        {
            ThrowIfDisposed();
            if (_context.FindTarget(number) is not { } target)
                throw RdmaException.Invalid($"qp_num is 0x{number:x}: no target of this XRC domain has this number");
            var opened = new QueuePair(this, target, userContext);
            _queuePairs++;
            Device.Remember(opened);
            return opened;
        }
    }

    /// <summary>Closes the domain; the last of those who opened it ends it.</summary>
    /// <exception cref="RdmaException">
    /// EBUSY: shared receive queues or queue pairs that were made with it are left; dispose of them first.
    /// </exception>
    public void Dispose()
    {
        lock (Device.Control)
        {
            if (IsDisposed)
                return;
            if (_queues + _queuePairs != 0)
            {
                throw new RdmaException(VerbsErrno.EBUSY,
                    $"the XRC domain holds {_queues} shared receive queue(s) and {_queuePairs} queue pair(s): dispose of them first");
            }
            Volatile.Write(ref _disposed, 1);
            _context.OpenCount--;
            Device.Forget(this);
        }
    }

    /// <summary>Under the control lock.</summary>
    internal void Remember(SharedReceiveQueue queue)
    {
        _queues++;
        _context.Add(queue.Context);
    }

    /// <summary>Under the control lock.</summary>
    internal void Forget(SharedReceiveQueue queue)
    {
        _queues--;
        _context.Remove(queue.Context);
    }

    /// <summary>Under the control lock.</summary>
    internal void Forget(QueuePair queuePair)
    {
        _queuePairs--;
        Device.Forget(queuePair);
    }

    private void ThrowIfDisposed()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ObjectDisposedException.ThrowIf(Device.IsDisposed, Device);
    }
}

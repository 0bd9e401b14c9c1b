namespace RdmaPipeline.Verbs;

/// <summary>Holds memory and queue pairs together: a queue pair reaches only the memory of its own domain.</summary>
public sealed partial class ProtectionDomain : IDisposable
{
    private readonly RdmaDevice _device;
    private int _regions;
    private int _queuePairs;
    private int _disposed;

    internal ProtectionDomain(RdmaDevice device, uint handle)
    {
        _device = device;
        Handle = handle;
    }

    private ProtectionDomain(ProtectionDomain inner, object? userContext)
        : this(inner._device, inner.Handle) => (Inner, UserContext) = (inner, userContext);

    /// <summary>The device it belongs to.</summary>
    public RdmaDevice Device => _device;

    /// <summary>Identifies the domain to the shards; never 0.</summary>
    internal uint Handle { get; }

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Makes a queue pair in the state RESET.</summary>
    /// <param name="attributes">What it shall be.</param>
    /// <returns>The queue pair; dispose of it before the domain and its completion queues.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: a completion queue is missing or belongs to another device, or a size exceeds its limit. EOPNOTSUPP: the type
    /// is not offered. ENOMEM: the device has no more queue pairs.
    /// </exception>
    public QueuePair CreateQueuePair(QueuePairInitAttributes attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        if (attributes.Type == QueuePairType.XrcTarget)
            throw RdmaException.Invalid("qp_type is XrcTarget: it is made in an XRC domain, and has no protection domain");
        QueuePairInitCheck.Check(_device, attributes);
        lock (_device.Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            ObjectDisposedException.ThrowIf(_device.IsDisposed, _device);
            RdmaDevice.CheckLimit(_device.QueuePairCount, _device.Attributes.MaxQueuePairs, "queue pairs");
            var queuePair = new QueuePair(this, attributes);
            queuePair.Register();
            _queuePairs++;
            return queuePair;
        }
    }

    /// <summary>Ends the domain.</summary>
    /// <exception cref="RdmaException">EBUSY: something that was made in it is left; dispose of it first.</exception>
    public void Dispose()
    {
        lock (_device.Control)
        {
            if (IsDisposed)
                return;
            if (_regions + _windows + _queuePairs + _sharedReceiveQueues + _addressHandles + _parents != 0)
            {
                throw new RdmaException(VerbsErrno.EBUSY, $"the protection domain holds {_regions} memory region(s), {_windows} memory "
                    + $"window(s), {_queuePairs} queue pair(s), {_sharedReceiveQueues} shared receive queue(s), "
                    + $"{_addressHandles} address handle(s) and {_parents} parent domain(s): dispose of them first");
            }
            _disposed = 1;
            if (Inner is not null)
                Inner._parents--;
            _device.Forget(this);
        }
    }

    /// <summary>Under the control lock.</summary>
    internal void Forget(MemoryRegion region)
    {
        _regions--;
        _device.Forget(region);
    }

    /// <summary>A region goes over to another domain. Under the control lock.</summary>
    internal void Move(ProtectionDomain to)
    {
        _regions--;
        to._regions++;
    }

    /// <summary>Under the control lock.</summary>
    internal void Forget(QueuePair queuePair)
    {
        _queuePairs--;
        _device.Forget(queuePair);
    }
}

namespace RdmaPipeline.Verbs;

/// <content>Shared receive queues.</content>
public sealed partial class ProtectionDomain
{
    private int _sharedReceiveQueues;

    /// <summary>Makes a shared receive queue; the entries of its receives are of this domain.</summary>
    /// <param name="attributes">What it shall be.</param>
    /// <returns>The queue; dispose of it after the queue pairs that use it, and before the domain.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: a size or the limit is out of range, or XRC domain and completion queue are missing, needless or of another device. ENOMEM:
    /// the device has no more of them, or no memory.
    /// </exception>
    public SharedReceiveQueue CreateSharedReceiveQueue(SharedReceiveQueueInitAttributes attributes)
    {
        ArgumentNullException.ThrowIfNull(attributes);
        SharedReceiveQueueCheck.Create(_device, attributes);
        lock (_device.Control)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            ObjectDisposedException.ThrowIf(_device.IsDisposed, _device);
            ThrowIfDisposed(attributes);
            RdmaDevice.CheckLimit(
                _device.SharedReceiveQueueCount, _device.Attributes.MaxSharedReceiveQueues, "shared receive queues");
            var queue = new SharedReceiveQueue(this, attributes, _device.CreateContext(this, attributes));
            attributes.XrcDomain?.Remember(queue);
            attributes.CompletionQueue?.CountUsers(1);
            _sharedReceiveQueues++;
            _device.Remember(queue);
            return queue;
        }
    }

    /// <summary>Under the control lock.</summary>
    internal void Forget(SharedReceiveQueue queue)
    {
        _sharedReceiveQueues--;
        _device.Forget(queue);
    }

    private static void ThrowIfDisposed(SharedReceiveQueueInitAttributes attributes)
    {
        if (attributes.XrcDomain is { } domain)
            ObjectDisposedException.ThrowIf(domain.IsDisposed, domain);
        if (attributes.CompletionQueue is { } queue)
            ObjectDisposedException.ThrowIf(queue.IsDisposed, queue);
    }
}

using System.Threading.Channels;

namespace RdmaPipeline.Verbs;

/// <summary>
/// Delivers the notifications of any number of completion queues (R-CQ-10). Each event names the queue to poll; an event without
/// a completion behind it is legal (R-CQ-6). Any number of threads may await it.
/// </summary>
public sealed class CompletionChannel : IDisposable
{
    private readonly RdmaDevice _device;
    private readonly Channel<CompletionQueue> _events;
    private int _disposed;

    internal CompletionChannel(RdmaDevice device)
    {
        _device = device;
        // Where no pool may come in between, who waits goes on at once, as far as the context that the program has chosen for itself.
        _events = Channel.CreateUnbounded<CompletionQueue>(
            new UnboundedChannelOptions { AllowSynchronousContinuations = device.Provider.Continuations is not null });
    }

    /// <summary>Completion queues attached now.</summary>
    public int AttachedQueues { get; internal set; }

    /// <summary>Events waiting to be taken.</summary>
    public int PendingEvents => _events.Reader.Count;

    internal bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Waits for the next event. The queue must then be armed again before it gives another (R-CQ-4).</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The queue that has something to poll.</returns>
    /// <exception cref="ObjectDisposedException">The channel was disposed of, before or during the wait.</exception>
    public async ValueTask<CompletionQueue> GetEventAsync(CancellationToken cancellationToken = default)
    {
        while (await WaitAsync(cancellationToken).ConfigureAwait(false))
            if (TryGetEvent(out CompletionQueue? queue))
                return queue;
        throw new ObjectDisposedException(nameof(CompletionChannel));
    }

    /// <summary>Takes the next event if there is one.</summary>
    /// <param name="queue">The queue that has something to poll.</param>
    /// <returns>False when no event is pending.</returns>
    public bool TryGetEvent([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out CompletionQueue? queue)
    {
        // Events of a queue that was disposed of meanwhile would only lead to a dead object.
        while (_events.Reader.TryRead(out queue))
            if (queue.TryDeliverEvent())
                return true;
        return false;
    }

    /// <summary>Ends the channel and all waits on it.</summary>
    /// <exception cref="RdmaException">EBUSY: a completion queue is attached; dispose of it first.</exception>
    public void Dispose()
    {
        lock (_device.Control)
        {
            if (IsDisposed)
                return;
            if (AttachedQueues != 0)
                throw new RdmaException(VerbsErrno.EBUSY, $"{AttachedQueues} completion queue(s) use the channel: dispose of them first");
            _disposed = 1;
            _device.Forget(this);
        }
        _events.Writer.TryComplete();
    }

    internal void Publish(CompletionQueue queue) => _events.Writer.TryWrite(queue);

    private ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        ValueTask<bool> ready = _events.Reader.WaitToReadAsync(cancellationToken);
        if (!ready.IsCompleted)
            _device.Provider.AwaitHandover();
        return ready;
    }
}

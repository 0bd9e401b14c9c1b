using System.Threading.Channels;

namespace RdmaPipeline.Verbs;

/// <content>Asynchronous events.</content>
public sealed partial class RdmaDevice
{
    /// <summary>Events kept for a reader; beyond them the oldest goes and is counted.</summary>
    private const int EventCapacity = 4096;

    private readonly Channel<AsyncEvent> _events;
    private long _lostEvents;

    /// <summary>
    /// The events of the device, to be read by one or more readers; ends when the device is disposed of. Reading an event acknowledges it,
    /// there is nothing else to do: unlike with the C interface disposing of a queue pair or completion queue waits for nobody, and an
    /// event read later still names the object, which then throws <see cref="ObjectDisposedException"/>.
    /// </summary>
    public ChannelReader<AsyncEvent> AsyncEvents => _events.Reader;

    /// <summary>Events given up because nobody read them: the oldest beyond 4096.</summary>
    public long LostAsyncEvents => Volatile.Read(ref _lostEvents);

    /// <summary>The events of the device, each for one reader; acknowledged as those of <see cref="AsyncEvents"/>.</summary>
    /// <param name="cancellationToken">Ends the sequence.</param>
    /// <returns>Ends when the device is disposed of.</returns>
    public IAsyncEnumerable<AsyncEvent> ReadAsyncEvents(CancellationToken cancellationToken = default)
    {
        Provider.AwaitHandover();
        return _events.Reader.ReadAllAsync(cancellationToken);
    }

    /// <summary>Tells of an event. Any thread; never waits.</summary>
    /// <param name="happened">What happened.</param>
    internal void Raise(AsyncEvent happened) => _events.Writer.TryWrite(happened);

    /// <summary>Tells of an event of a queue pair, once for each of its handles. Any thread; never waits.</summary>
    /// <param name="type">What happened.</param>
    /// <param name="context">To whom.</param>
    internal void Raise(AsyncEventType type, QueuePairContext context)
    {
        Raise(new AsyncEvent(type, context.Owner, null, 0));
        foreach (QueuePair opened in context.Opened)
            Raise(new AsyncEvent(type, opened, null, 0));
    }

    private Channel<AsyncEvent> CreateEvents(IVerbsProvider provider) => Channel.CreateBounded<AsyncEvent>(
        new BoundedChannelOptions(EventCapacity)
        {
            FullMode = BoundedChannelFullMode.DropOldest, AllowSynchronousContinuations = provider.Continuations is not null,
        },
        _ => Interlocked.Increment(ref _lostEvents));
}

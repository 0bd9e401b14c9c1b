using RdmaPipeline.Transport;
using RdmaPipeline.Transport.Tracing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline;

/// <summary>
/// Tells a peer which traces the messages to it belong to, over a connection of its own: SENDs, READs, WRITEs and atomics alike, and their
/// packets stay as they are. Each end makes one from a queue pair that serves nothing else, and runs it; the responder's spans at the peer
/// then link to the sender's. Batches of 48 bytes for each sampled message; what cannot be told in time is counted and not told.
/// </summary>
public sealed class TraceSideChannel : IDisposable
{
    private const int BufferBytes = 85 * TraceRecord.Length;
    private const int Receives = 16;
    private const int MaxWaiting = 4096;

    private readonly Lock _lock = new();
    private readonly Queue<TraceRecord> _waiting = new();
    private readonly QueuePair _queuePair;
    private readonly CompletionQueue _completions;
    private readonly MemoryRegion _memory;
    private readonly DeviceTracer _tracer;
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isSending;
    private long _dropped;

    /// <summary>Makes a channel. It takes the queue pair for itself: its own messages are not traced.</summary>
    /// <param name="control">
    /// A reliable connection in INIT or later, for nothing else, with one completion queue for sends and receives, of at least 17 entries,
    /// and room for 16 receives. It and its completion queue stay the caller's to dispose of, after the channel.
    /// </param>
    /// <exception cref="ArgumentException">The queue pair is of another kind; the message says what is wrong.</exception>
    public TraceSideChannel(QueuePair control)
    {
        ArgumentNullException.ThrowIfNull(control);
        if (control.Type != QueuePairType.ReliableConnection)
            throw new ArgumentException($"control is of type {control.Type}; it must be a reliable connection.", nameof(control));
        if (control.Device.Provider is not TransportEngine engine)
            throw new ArgumentException($"control belongs to {control.Device.Name}, which has no pipeline.", nameof(control));
        if (control.SendCompletionQueue is not { } queue || queue != control.ReceiveCompletionQueue)
            throw new ArgumentException("control has two completion queues; it must have one.", nameof(control));
        if (control.Capabilities.MaxReceiveWorkRequests < Receives)
        {
            throw new ArgumentException(
                $"control has room for {control.Capabilities.MaxReceiveWorkRequests} receives; {Receives} are needed.", nameof(control));
        }
        (_queuePair, _completions) = (control, queue);
        _tracer = engine.Pipeline.Tracer;
        _memory = control.ProtectionDomain.AllocateMemory((Receives + 1) * BufferBytes, AccessFlags.LocalWrite);
        engine.LeaveUntraced(control.Context);
        for (int i = 0; i < Receives; i++)
            PostReceive(i);
    }

    /// <summary>Records that were told to the peer.</summary>
    public long Sent { get; private set; }

    /// <summary>Records that the peer has told.</summary>
    public long Received { get; private set; }

    /// <summary>Records that were not told, because too many waited.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>
    /// Begins to tell, and goes on until it is cancelled or the connection fails. Once, when the queue pair can send (RTS).
    /// </summary>
    /// <exception cref="RdmaException">EIO: the connection has failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task RunAsync(CancellationToken cancellation = default)
    {
        var peer = _queuePair.Query().AddressVector?.DestinationGid
            ?? throw RdmaException.Invalid("control is not connected: connect it first");
        _tracer.AddChannel(peer, this);
        var done = new WorkCompletion[Receives];
        try
        {
            var poll = _completions.PollAsync(done, cancellation).AsTask();
            while (true)
            {
                var wake = TakeWake();
                SendWaiting();
                await Task.WhenAny(poll, wake);
                if (!poll.IsCompleted)
                    continue;
                Take(done.AsSpan(0, await poll));
                poll = _completions.PollAsync(done, cancellation).AsTask();
            }
        }
        finally
        {
            _tracer.RemoveChannel(this);
        }
    }

    /// <summary>Frees its memory. After <see cref="RunAsync"/> has ended and the queue pair was disposed of or reset.</summary>
    public void Dispose()
    {
        _tracer.RemoveChannel(this);
        _memory.Dispose();
    }

    /// <summary>Any thread: a message to the peer is traced.</summary>
    internal void Offer(in TraceRecord record)
    {
        TaskCompletionSource wake;
        lock (_lock)
        {
            if (_waiting.Count == MaxWaiting)
            {
                Interlocked.Increment(ref _dropped);
                return;
            }
            _waiting.Enqueue(record);
            wake = _wake;
        }
        wake.TrySetResult();
    }

    private Task TakeWake()
    {
        lock (_lock)
        {
            if (_wake.Task.IsCompleted)
                _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _wake.Task;
        }
    }

    private void SendWaiting()
    {
        if (_isSending)
            return;
        int length = 0;
        var buffer = _memory.AsSpan(Receives * BufferBytes, BufferBytes);
        lock (_lock)
        {
            for (; length < BufferBytes && _waiting.TryDequeue(out var record); length += TraceRecord.Length)
                record.Write(buffer[length..]);
        }
        if (length == 0)
            return;
        _isSending = true;
        Sent += length / TraceRecord.Length;
        _queuePair.PostSend(new SendWorkRequest
        {
            WorkRequestId = Receives, Opcode = SendOpcode.Send, Flags = SendFlags.Signaled,
            Entry = _memory.Entry(Receives * BufferBytes, (ulong)length),
        });
    }

    private void Take(ReadOnlySpan<WorkCompletion> completions)
    {
        foreach (ref readonly var completion in completions)
        {
            if (completion.Status != WorkCompletionStatus.Success)
                throw new RdmaException(VerbsErrno.EIO, $"the side channel of traces has failed: {completion.Status}");
            if (completion.WorkRequestId == Receives)
                _isSending = false;
            else
                Take((int)completion.WorkRequestId, (int)completion.ByteLength);
        }
    }

    private void Take(int index, int length)
    {
        var bytes = _memory.AsSpan((ulong)(index * BufferBytes), length);
        for (; TraceRecord.TryRead(bytes, out var record); bytes = bytes[TraceRecord.Length..])
        {
            Received++;
            _tracer.Links.Tell(record);
        }
        PostReceive(index);
    }

    private void PostReceive(int index) => _queuePair.PostReceive(new ReceiveWorkRequest
    {
        WorkRequestId = (ulong)index, Entry = _memory.Entry((ulong)(index * BufferBytes), BufferBytes),
    });
}

namespace RdmaPipeline.Transport.Stages;

/// <summary>Takes packets out of a ring, makes frames of them and writes those, so that no shard ever waits for a disk.</summary>
#pragma warning disable CA1001 // the event is left to its finalizer: a shard may still set it
internal sealed class CaptureThread
#pragma warning restore CA1001
{
    private readonly CaptureRing _ring;
    private readonly CaptureFrames _frames;
    private readonly ICaptureTarget _target;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AutoResetEvent _work = new(initialState: false);
    private volatile bool _ends;
    private volatile Exception? _failure;
    private long _written;
    private int _waits;

    public CaptureThread(CaptureRing ring, CaptureFrames frames, ICaptureTarget target, string name)
    {
        (_ring, _frames, _target) = (ring, frames, target);
        new Thread(Run) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>Packets written.</summary>
    public long Written => Volatile.Read(ref _written);

    /// <summary>Why nothing is written any more; null while all is well.</summary>
    public Exception? Failure => _failure;

    /// <summary>On the shard: there are packets.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _waits) != 0 && Interlocked.Exchange(ref _waits, 0) != 0)
            _work.Set();
    }

    /// <summary>Any thread: writes what is left and closes the target.</summary>
    /// <returns>Completes when that is done.</returns>
    public Task End()
    {
        _ends = true;
        _work.Set();
        return _ended.Task;
    }

    /// <summary>Any thread: as <see cref="End"/>, but waits no longer than a while for it; it goes on by itself.</summary>
    public async Task EndAsync(TimeSpan patience)
    {
        try
        {
            await End().WaitAsync(patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Whoever takes the stage out has waited for long enough.
        }
    }

    private void Run()
    {
        try
        {
            using (_target)
            {
                while (Drain() || !_ends)
                    Wait();
            }
        }
#pragma warning disable CA1031 // whatever a disk does, the packets have gone their way
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failure = exception;
        }

        _ended.SetResult();
    }

    private bool Drain()
    {
        bool any = false;
        while (_ring.TryRead(out var packet, out var bytes))
        {
            var frame = _frames.Make(packet, bytes, out int originalLength);
            _target.Write(packet, frame, originalLength);
            _ring.Free();
            Volatile.Write(ref _written, _written + 1);
            any = true;
        }
        if (any)
            _target.Flush();
        return any;
    }

    // Announced first and looked for once more: a packet that comes in between is seen by one side or the other.
    private void Wait()
    {
        Interlocked.Exchange(ref _waits, 1);
        if (_ring.IsEmpty && !_ends)
            _work.WaitOne();
        Volatile.Write(ref _waits, 0);
    }
}

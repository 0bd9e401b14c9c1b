namespace RdmaPipeline.Transport.Stages;

/// <summary>Takes packets out of a ring and writes them, so that no shard ever waits for a disk.</summary>
internal sealed class CaptureThread : IDisposable
{
    private readonly CaptureRing _ring;
    private readonly CaptureFiles _files;
    private readonly AutoResetEvent _work = new(initialState: false);
    private readonly Thread _thread;
    private readonly TimeSpan _closeTimeout;
    private volatile bool _ends;
    private volatile Exception? _failure;
    private long _written;
    private int _waits;

    public CaptureThread(CaptureRing ring, CaptureFiles files, string name, TimeSpan closeTimeout)
    {
        _ring = ring;
        _files = files;
        _closeTimeout = closeTimeout;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
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

    /// <summary>Writes what is left and closes the file.</summary>
    public void Dispose()
    {
        _ends = true;
        _work.Set();
        if (_thread.Join(_closeTimeout))
            _work.Dispose();
    }

    private void Run()
    {
        try
        {
            using (_files)
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
    }

    private bool Drain()
    {
        bool any = false;
        while (_ring.TryRead(out var packet, out var bytes))
        {
            _files.Write(packet, bytes);
            _ring.Free();
            Volatile.Write(ref _written, _written + 1);
            any = true;
        }
        if (any)
            _files.Flush();
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

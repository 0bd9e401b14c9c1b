namespace RdmaPipeline.Benchmarks;

/// <summary>A thread that does one thing over and over until it is told to stop; its failure reaches the one who stops it.</summary>
internal sealed class PollingPeer : IDisposable
{
    private readonly Thread _thread;
    private volatile bool _stop;
    private Exception? _failure;

    public PollingPeer(string name, Action step)
    {
        _thread = new Thread(() => Run(step)) { IsBackground = true, Name = name };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        if (_failure is not null)
            throw new InvalidOperationException($"{_thread.Name} failed.", _failure);
    }

    private void Run(Action step)
    {
        try
        {
            while (!_stop)
                step();
        }
        catch (Exception failure)
        {
            _failure = failure;
        }
    }
}

namespace RdmaPipeline.Graph;

/// <summary>
/// The gate of an edge. Closed, it holds what the source emits at the source's port (which blocks the source) and lets go in order when
/// opened.
/// </summary>
public sealed class EdgeGate
{
    private readonly Action _changed;
    private volatile bool _closed;
    private volatile bool _paused;

    internal EdgeGate(Action changed) => _changed = changed;

    /// <summary>Whether bursts are held.</summary>
    public bool IsClosed => _closed || _paused;

    /// <summary>Any thread: holds every burst that has not been offered yet.</summary>
    public void Close()
    {
        _closed = true;
        _changed();
    }

    /// <summary>Any thread: lets the held bursts go.</summary>
    public void Open()
    {
        _closed = false;
        _changed();
    }

    /// <summary>Closes the gate for a change of the graph, whoever else may have closed it.</summary>
    internal void Pause()
    {
        _paused = true;
        _changed();
    }

    /// <summary>The change is over; who else has closed the gate has yet to open it.</summary>
    internal void Resume()
    {
        if (_paused)
        {
            _paused = false;
            _changed();
        }
    }

    /// <summary>Takes over from the gate of an edge between the same ports.</summary>
    internal void Continue(EdgeGate previous) => _closed = previous._closed;
}

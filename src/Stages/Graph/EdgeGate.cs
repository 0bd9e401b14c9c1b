namespace RdmaPipeline.Graph;

/// <summary>
/// The gate of an edge. Closed, it holds what the source emits at the source's port (which blocks the source) and lets go in order when
/// opened.
/// </summary>
public sealed class EdgeGate
{
    private readonly Action _changed;
    private volatile bool _closed;

    internal EdgeGate(Action changed) => _changed = changed;

    /// <summary>Whether bursts are held.</summary>
    public bool IsClosed => _closed;

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
}

namespace RdmaPipeline.Graph;

/// <summary>
/// The gate of an edge. Closed, it holds what the source emits at the source's port (which blocks the source) and lets go in order when
/// opened.
/// </summary>
public sealed class EdgeGate
{
    private readonly Action _changed;
    private Bar _bar;
    private volatile bool _paused;

    internal EdgeGate(Action changed)
    {
        _changed = changed;
        _bar = new Bar { Changed = changed };
    }

    /// <summary>Whether bursts are held.</summary>
    public bool IsClosed => _bar.IsDown || _paused;

    /// <summary>Any thread: holds every burst that has not been offered yet.</summary>
    public void Close() => _bar.Move(isDown: true);

    /// <summary>Any thread: lets the held bursts go.</summary>
    public void Open() => _bar.Move(isDown: false);

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

    /// <summary>Takes over from the gate of an edge between the same ports: who has that one in hand opens and closes this one.</summary>
    internal void Continue(EdgeGate previous)
    {
        _bar = previous._bar;
        _bar.Changed = _changed;
    }

    /// <summary>The edge that has taken over is undone.</summary>
    internal void TakeBack() => _bar.Changed = _changed;

    /// <summary>What users move; it outlives the edge.</summary>
    private sealed class Bar
    {
        private volatile bool _isDown;
        private volatile Action _changed = static () => { };

        public bool IsDown => _isDown;

        /// <summary>Told of each move: the edge of now.</summary>
        public Action Changed
        {
            set => _changed = value;
        }

        public void Move(bool isDown)
        {
            _isDown = isDown;
            _changed();
        }
    }
}

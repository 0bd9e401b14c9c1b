namespace RdmaPipeline.Graph.Scheduling;

/// <summary>The bounded spin of a driver that has nothing to do, entered in the census of spinners while it lasts.</summary>
internal struct IdleSpin(bool unlimited) : IDisposable
{
    private long _since;
    private bool _joined;

    /// <summary>Waits an instant.</summary>
    /// <returns>Whether to look again; false when the time is over or others spin already.</returns>
    public bool Continue()
    {
        if (!_joined && !Join())
        {
            return false;
        }

        Thread.SpinWait(4);
        return unlimited || ShardDriver.ReadClock() - _since < ThreadedDriver.SpinNanoseconds;
    }

    /// <summary>There was something to do: the idle time starts anew.</summary>
    public void Reset()
    {
        if (_joined)
        {
            SpinCensus.Leave();
            _joined = false;
        }
    }

    public void Dispose() => Reset();

    private bool Join()
    {
        if (unlimited)
        {
            SpinCensus.Join();
        }
        else if (!SpinCensus.TryJoin())
        {
            return false;
        }

        _joined = true;
        _since = ShardDriver.ReadClock();
        return true;
    }
}

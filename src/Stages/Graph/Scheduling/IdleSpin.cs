namespace RdmaPipeline.Graph.Scheduling;

/// <summary>
/// The bounded spin of a driver that has nothing to do, entered in the census of spinners while it lasts. Where the census is full it only
/// glances for a moment: long enough for the next burst of a stream, which would otherwise cost a park and a wake each, far too short for
/// a scheduler tick.
/// </summary>
internal struct IdleSpin(bool unlimited) : IDisposable
{
    private const long GlanceNanoseconds = 5_000;

    private long _since;
    private bool _spinning;
    private bool _joined;

    /// <summary>Waits an instant.</summary>
    /// <returns>Whether to look again; false when the time is over.</returns>
    public bool Continue()
    {
        if (!_spinning)
        {
            Begin();
        }

        Thread.SpinWait(4);
        long limit = _joined ? ThreadedDriver.SpinNanoseconds : GlanceNanoseconds;
        return unlimited || ShardDriver.ReadClock() - _since < limit;
    }

    /// <summary>There was something to do: the idle time starts anew.</summary>
    public void Reset()
    {
        _spinning = false;
        if (_joined)
        {
            SpinCensus.Leave();
            _joined = false;
        }
    }

    public void Dispose() => Reset();

    private void Begin()
    {
        _spinning = true;
        _since = ShardDriver.ReadClock();
        if (unlimited)
        {
            SpinCensus.Join();
            _joined = true;
        }
        else
        {
            _joined = SpinCensus.TryJoin();
        }
    }
}

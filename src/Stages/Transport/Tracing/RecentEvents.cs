namespace RdmaPipeline.Transport.Tracing;

/// <summary>
/// What went wrong lately on a queue pair, so that a work request which fails has a history though nobody traced it.
/// </summary>
internal sealed class RecentEvents
{
    private const int Kept = MessageTrace.MaxEvents;

    private MessageEvent[] _events = [];
    private long _count;

    /// <summary>Keeps an event. Allocates the first time.</summary>
    public void Add(in MessageEvent happened)
    {
        if (_events.Length == 0)
            _events = new MessageEvent[Kept];
        _events[_count++ % Kept] = happened;
    }

    /// <summary>Tells a span what happened to a work request.</summary>
    public void TellOf(long request, MessageTrace message)
    {
        for (long i = Math.Max(0, _count - Kept); i < _count; i++)
        {
            ref readonly var happened = ref _events[i % Kept];
            if (happened.Request == request)
                happened.AddTo(message);
        }
    }
}

using System.Diagnostics;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>
/// What went wrong lately on a queue pair, so that a work request which fails has a history though nobody traced it.
/// </summary>
internal sealed class RecentEvents
{
    private const int Kept = MessageTrace.MaxEvents;

    private readonly Queue<(string Name, long Nanoseconds, long Request, Tag[] Tags)> _events = new(Kept);

    /// <summary>Keeps an event.</summary>
    public void Add(string name, long nanoseconds, long request, params Tag[] tags)
    {
        if (_events.Count == Kept)
            _events.Dequeue();
        _events.Enqueue((name, nanoseconds, request, tags));
    }

    /// <summary>Tells a span what happened to a work request.</summary>
    public void TellOf(long request, MessageTrace message)
    {
        foreach (var (name, nanoseconds, of, tags) in _events)
        {
            if (of == request)
                message.AddEvent(name, nanoseconds, tags);
        }
    }
}

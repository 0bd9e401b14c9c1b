using RdmaPipeline.Protocol;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>Virtual time: what happens later, in order of time, and of scheduling where times are equal. Nothing waits for real.</summary>
public sealed class VirtualTime
{
    private readonly PriorityQueue<Action, (long Time, long Turn)> _events = new();
    private long _turn;

    /// <summary>The present.</summary>
    public Instant Now { get; private set; }

    /// <summary>When the next event is due; <see cref="Instant.Never"/> when there is none.</summary>
    public Instant NextEvent => _events.TryPeek(out _, out var due) ? new Instant(due.Time) : Instant.Never;

    /// <summary>Lets something happen at an instant.</summary>
    /// <param name="at">Not before now.</param>
    /// <param name="action">What happens.</param>
    public void Schedule(Instant at, Action action) => _events.Enqueue(action, (Math.Max(at.Nanoseconds, Now.Nanoseconds), _turn++));

    /// <summary>Goes on to an instant and lets everything happen that is due by then.</summary>
    /// <param name="until">Not before now.</param>
    public void AdvanceTo(Instant until)
    {
        while (_events.TryPeek(out _, out var due) && due.Time <= until.Nanoseconds)
        {
            Now = new Instant(due.Time);
            _events.Dequeue()();
        }

        if (until > Now) Now = until;
    }
}

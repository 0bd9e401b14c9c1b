namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>The last incidents of a process: a ring, so that its size is bounded. Any thread.</summary>
public sealed class IncidentLog
{
    /// <summary>Incidents kept; beyond them the oldest goes.</summary>
    public const int Capacity = 128;

    private readonly Lock _gate = new();
    private readonly Queue<Incident> _recent = new(Capacity);

    /// <summary>Those that are kept, the oldest first.</summary>
    public IReadOnlyList<Incident> Recent
    {
        get
        {
            lock (_gate)
                return [.. _recent];
        }
    }

    /// <summary>Takes in an incident.</summary>
    public void Add(Incident incident)
    {
        ArgumentNullException.ThrowIfNull(incident);
        lock (_gate)
        {
            if (_recent.Count == Capacity)
                _recent.Dequeue();
            _recent.Enqueue(incident);
        }
    }
}

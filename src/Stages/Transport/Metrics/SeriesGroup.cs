using RdmaPipeline.Protocol;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>Queue pairs that are told as one: those that are in it, and what others counted while they were.</summary>
internal sealed class SeriesGroup((string Transport, string? Value) key, Tag[] tags)
{
    private readonly HashSet<SeriesMember> _members = [];

    /// <summary>Its transport service, and what else tells it from others.</summary>
    public (string Transport, string? Value) Key => key;

    public Tag[] Tags => tags;

    public IReadOnlyCollection<SeriesMember> Members => _members;

    /// <summary>What those counted that are no longer in it, while they were.</summary>
    public QueuePairCounters Left { get; } = new();

    /// <summary>From now on a queue pair counts for this group.</summary>
    public void Enter(SeriesMember member)
    {
        member.Group = this;
        _members.Add(member);
    }

    /// <summary>A queue pair was here before anybody looked, and takes along what it counted.</summary>
    public void Forget(SeriesMember member) => _members.Remove(member);

    /// <summary>What a queue pair has counted up to now stays here; what it counts from now on is not this group's.</summary>
    public void Leave(SeriesMember member)
    {
        _members.Remove(member);
        // One look at counters that may be moving: what is left here is exactly what is not taken along.
        var now = new QueuePairCounters();
        now.Add(member.Entry.Machine.Counters);
        Left.Add(now);
        if (member.Before is { } before)
            Left.Subtract(before);
        member.Before = now;
    }

    /// <summary>Puts all that counts for the group into a sum.</summary>
    public void SumInto(QueuePairCounters sum)
    {
        sum.Add(Left);
        foreach (var member in _members)
            member.AddTo(sum);
    }
}

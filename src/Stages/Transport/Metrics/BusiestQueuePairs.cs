namespace RdmaPipeline.Transport.Metrics;

/// <summary>
/// Chooses the queue pairs that moved the most payload since the last choice, at most once a second of their shards' time.
/// </summary>
internal sealed class BusiestQueuePairs(int count)
{
    private const long Period = 1_000_000_000;
    private long _next = long.MinValue;

    /// <summary>Says of each whether it is one of them.</summary>
    public void Choose(IReadOnlyCollection<SeriesMember> members)
    {
        if (members.FirstOrDefault()?.Entry.Shard.NowNanoseconds is not { } now || now < _next)
            return;
        _next = now + Period;
        var ranked = members.Where(m => !m.Entry.IsAgent).OrderByDescending(m => m.Bytes - m.BytesSeen).ThenBy(m => m.Entry.Number);
        int rank = 0;
        foreach (var member in ranked.ToArray())
        {
            member.IsSelected = rank++ < count;
            member.BytesSeen = member.Bytes;
        }
    }
}

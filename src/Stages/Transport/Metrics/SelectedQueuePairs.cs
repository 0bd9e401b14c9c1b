using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport.Metrics;

/// <summary>Asks the user once for each queue pair whether it is to be told by itself.</summary>
internal sealed class SelectedQueuePairs(Func<QueuePair, bool> predicate)
{
    /// <summary>Asks about those that are new.</summary>
    public void Choose(IReadOnlyCollection<SeriesMember> members)
    {
        foreach (var member in members)
            member.IsSelected ??= member.Entry.Context.Owner is { } owner && predicate(owner);
    }
}

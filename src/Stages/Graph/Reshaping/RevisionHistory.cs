using System.Collections.Immutable;

namespace RdmaPipeline.Graph.Reshaping;

/// <summary>The latest revisions of a graph and attempts at them, with the descriptions to go back to.</summary>
internal sealed class RevisionHistory<T>
    where T : class, IBurst
{
    /// <summary>How many entries are kept.</summary>
    public const int Length = 100;

    private ImmutableList<(GraphRevision Revision, StageGraphSpec<T>? Spec)> _entries;
    private GraphRevision _present;
    private long _latest = 1;

    public RevisionHistory(StageGraphSpec<T> first)
    {
        _present = new GraphRevision(1, 0, "built", ReconfigurationOutcome.Applied, TimeSpan.Zero, 0, Error: null);
        _entries = [(_present, first)];
    }

    /// <summary>The revision that was applied last, however many attempts have failed since.</summary>
    public GraphRevision Present => Volatile.Read(ref _present);

    /// <summary>The entries that are kept, by their numbers.</summary>
    public ImmutableArray<GraphRevision> All => [.. Volatile.Read(ref _entries).Select(e => e.Revision)];

    /// <summary>Takes the next number. Any thread.</summary>
    public long TakeNumber() => Interlocked.Increment(ref _latest);

    /// <summary>Adds an entry; any thread one that was not applied.</summary>
    /// <param name="revision">What is to be listed.</param>
    /// <param name="applied">The description, if it was applied.</param>
    public void Add(GraphRevision revision, StageGraphSpec<T>? applied)
    {
        if (applied is not null)
        {
            Volatile.Write(ref _present, revision);
        }

        ImmutableInterlocked.Update(ref _entries, all => Add(all, (revision, applied)));
    }

    /// <summary>Adds to an entry what has gone wrong after the change. Any thread.</summary>
    public GraphRevision Amend(GraphRevision revision, string disposalError)
    {
        GraphRevision amended = revision with { DisposalError = disposalError };
        Interlocked.CompareExchange(ref _present, amended, revision);
        ImmutableInterlocked.Update(
            ref _entries, all => [.. all.Select(e => e.Revision.Number == revision.Number ? e with { Revision = amended } : e)]);
        return amended;
    }

    // A change that was given up while it waited for its turn may end before the one it waited for, whose number is lower.
    private static ImmutableList<(GraphRevision Revision, StageGraphSpec<T>? Spec)> Add(
        ImmutableList<(GraphRevision Revision, StageGraphSpec<T>? Spec)> all, (GraphRevision Revision, StageGraphSpec<T>? Spec) entry)
    {
        int place = all.FindLastIndex(e => e.Revision.Number < entry.Revision.Number) + 1;
        all = all.Insert(place, entry);
        return all.Count > Length ? all.RemoveAt(0) : all;
    }

    /// <summary>The revision before a revision.</summary>
    /// <exception cref="ArgumentException">It is the first, or not kept.</exception>
    public long Before(long number)
    {
        GraphRevision? revision = Present.Number == number ? Present : All.FirstOrDefault(r => r.Number == number);
        return revision?.Previous is { } previous and not 0
            ? previous
            : throw new ArgumentException($"There is nothing to go back to before revision {number}.");
    }

    /// <summary>The description of a revision.</summary>
    /// <exception cref="ArgumentException">It was not applied, or is not kept.</exception>
    public StageGraphSpec<T> SpecOf(long number) => Volatile.Read(ref _entries).FirstOrDefault(e => e.Revision.Number == number).Spec
        ?? throw new ArgumentException(
            $"Revision {number} is not among the last {Length} that are kept, or was never applied. Applied were: "
                + string.Join(", ", All.Where(r => r.Outcome == ReconfigurationOutcome.Applied).Select(r => r.Number)) + ".");
}

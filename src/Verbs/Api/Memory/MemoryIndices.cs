namespace RdmaPipeline.Verbs;

/// <summary>
/// The indices of one kind of key, given out in turn from a random start, so a freed one comes back as late as possible (R-VERB-3).
/// Under the lock of the table that owns it.
/// </summary>
internal sealed class MemoryIndices(int first, int limit, uint start, string what)
{
    private int _cursor = limit == 0 ? 0 : (int)(start % (uint)limit);
    private int _count;

    /// <summary>Indices in use.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The lowest index.</summary>
    public int First => first;

    /// <summary>Takes the next free index.</summary>
    /// <param name="isFree">Whether an index is free.</param>
    /// <returns>The index.</returns>
    /// <exception cref="RdmaException">ENOMEM: all are in use (R-VERB-18).</exception>
    public int Take(Func<int, bool> isFree)
    {
        if (Count >= limit)
            throw new RdmaException(VerbsErrno.ENOMEM, $"{Count} {what} are registered, the limit is {limit}: dispose of one");
        do
            _cursor = _cursor + 1 < limit ? _cursor + 1 : 0;
        while (!isFree(first + _cursor));
        Interlocked.Increment(ref _count);
        return first + _cursor;
    }

    /// <summary>Counts an index that has become free. Any thread.</summary>
    public void Return() => Interlocked.Decrement(ref _count);
}

namespace RdmaPipeline.Verbs;

/// <summary>
/// Gives an object with one index a new key each time: another variant than the last 255 (R-VERB-3), unless the consumer chooses. Any
/// thread.
/// </summary>
/// <param name="first">The key the object was made with.</param>
internal sealed class MemoryKeySequence(uint first)
{
    private uint _last = first;

    /// <summary>Takes a key.</summary>
    /// <param name="chosen">The consumer's choice, of the same index; null for the next one.</param>
    /// <returns>The key.</returns>
    public uint Take(uint? chosen)
    {
        uint last = Volatile.Read(ref _last);
        while (true)
        {
            uint next = chosen ?? ((last & ~0xFFu) | ((last + 1) & 0xFF));
            uint seen = Interlocked.CompareExchange(ref _last, next, last);
            if (seen == last)
                return next;
            last = seen;
        }
    }
}

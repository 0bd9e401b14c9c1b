namespace RdmaPipeline.Verbs;

/// <summary>
/// Gives an object with one index a new key each time: another variant than the last 255 (R-VERB-3), unless the consumer chooses. The
/// variants follow one another in an order of the object's own: a peer whose key has ended does not know the next one by it. Any thread.
/// </summary>
/// <param name="first">The key the object was made with.</param>
/// <param name="random">Chooses the order.</param>
internal sealed class MemoryKeySequence(uint first, uint random)
{
    // Odd: it meets all 256 variants.
    private readonly uint _step = random | 1;
    private uint _last = first;

    /// <summary>Takes a key.</summary>
    /// <param name="chosen">The consumer's choice, of the same index; null for the next one.</param>
    /// <returns>The key.</returns>
    public uint Take(uint? chosen)
    {
        uint last = Volatile.Read(ref _last);
        while (true)
        {
            uint next = chosen ?? ((last & ~0xFFu) | ((last + _step) & 0xFF));
            uint seen = Interlocked.CompareExchange(ref _last, next, last);
            if (seen == last)
                return next;
            last = seen;
        }
    }
}

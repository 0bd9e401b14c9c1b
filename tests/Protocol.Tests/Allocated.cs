namespace RdmaPipeline.Protocol.Tests;

/// <summary>What this thread allocates.</summary>
internal static class Allocated
{
    /// <summary>
    /// The bytes of the cheapest of a few equal batches: a collection that another thread makes counts what is left of this thread's
    /// allocation quantum as used; the code under test would allocate in every batch.
    /// </summary>
    public static long InOneOf(int batches, Action batch)
    {
        var least = long.MaxValue;
        for (var i = 0; i < batches && least != 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            batch();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}

namespace RdmaPipeline.Protocol.Tests;

/// <summary>What this thread allocates.</summary>
internal static class Allocated
{
    /// <summary>
    /// The bytes of the cheapest of a few equal batches: the runtime allocates now and then, as when it compiles a method anew; the code under
    /// test would in every one.
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

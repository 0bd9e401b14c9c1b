namespace RdmaPipeline.Graph.Scheduling;

/// <summary>
/// How many threads of this process spin for a shard. A background thread may join only while fewer spin than there are cores − 1:
/// one spinner too many costs a waiting thread a whole scheduler tick.
/// </summary>
internal static class SpinCensus
{
    private static readonly int s_limit = Environment.ProcessorCount - 1;
    private static int s_spinning;

    public static bool TryJoin()
    {
        if (Interlocked.Increment(ref s_spinning) <= s_limit)
        {
            return true;
        }

        Interlocked.Decrement(ref s_spinning);
        return false;
    }

    /// <summary>Counts a thread that spins whatever others do: a user in a polling loop, a polling driver.</summary>
    public static void Join() => Interlocked.Increment(ref s_spinning);

    public static void Leave() => Interlocked.Decrement(ref s_spinning);
}

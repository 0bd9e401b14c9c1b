using RdmaPipeline.Protocol.Sequence;

namespace RdmaPipeline.Cli.Explain;

/// <summary>Counts the PSNs of a queue pair as they leave. One that sends datagrams counts for all whom it sends to.</summary>
internal sealed class PsnCursor(Psn next)
{
    // Further apart than packets are under way: the numbers have begun anew.
    private const int Plausible = 1 << 16;

    public Psn Next { get; private set; } = next;

    /// <summary>Takes a PSN.</summary>
    /// <returns>How many before it are missing; less than 0 when it, or what came in its place, is behind the others.</returns>
    public int Take(Psn psn)
    {
        int ahead = Psn.Compare(psn, Next);
        if (Math.Abs(ahead) > Plausible)
            ahead = 0;
        if (ahead >= 0)
            Next = psn.Next;
        return ahead;
    }
}

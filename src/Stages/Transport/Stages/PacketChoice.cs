using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// Which packets something is done to. A choice counts and draws, so each stage, and each shard's instance of it, has one of its own; the
/// same seed and the same packets give the same choice.
/// </summary>
public abstract class PacketChoice
{
    private protected PacketChoice()
    {
    }

    /// <summary>No packet.</summary>
    public static PacketChoice None { get; } = new PredicateChoice(static (_, _) => false);

    /// <summary>Every packet.</summary>
    public static PacketChoice All { get; } = new PredicateChoice(static (_, _) => true);

    /// <summary>One packet in so many: of 3 the third, sixth and so on.</summary>
    /// <param name="n">1 or more.</param>
    /// <param name="atMost">So many of them in all; 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is too small.</exception>
    public static PacketChoice OneIn(int n, long atMost = long.MaxValue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(atMost);
        return new CountedChoice(n, atMost);
    }

    /// <summary>Each packet with the same probability.</summary>
    /// <param name="probability">0 to 1.</param>
    /// <param name="seed">Decides which.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is no probability.</exception>
    public static PacketChoice Chance(double probability, ulong seed)
    {
        if (double.IsNaN(probability) || probability is < 0 or > 1)
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability is 0 to 1.");
        return new ChanceChoice(probability, seed);
    }

    /// <summary>
    /// One packet in so many, by a hash of its destination queue pair and sequence number: both ends of a connection, and every stage on
    /// the way, choose the same ones. Frames that are not decoded yet are not chosen.
    /// </summary>
    /// <param name="n">1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is too small.</exception>
    public static PacketChoice ByHash(int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        return new HashChoice(n);
    }

    /// <summary>Whatever a predicate chooses.</summary>
    /// <param name="predicate">
    /// Looks at a packet of a burst, by its index, and changes nothing; called on the shard, once for each packet, in order.
    /// </param>
    public static PacketChoice When(Func<PacketBurst, int, bool> predicate)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return new PredicateChoice(predicate);
    }

    internal abstract bool Takes(PacketBurst burst, int index);

    /// <summary>The chosen packets of a burst.</summary>
    internal ulong Of(PacketBurst burst)
    {
        ulong chosen = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            if (Takes(burst, i))
                chosen |= 1UL << i;
        }
        return chosen;
    }
}

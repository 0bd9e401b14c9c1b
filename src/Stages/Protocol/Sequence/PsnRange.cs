namespace RdmaPipeline.Protocol.Sequence;

/// <summary>A run of packet sequence numbers, which may wrap over 0xFFFFFF: what one request consumes (R-REQ-5).</summary>
public readonly record struct PsnRange
{
    /// <summary>The longest run that still has an order: 2^23−1 (R-REQ-4).</summary>
    public const int MaxCount = (1 << 23) - 1;

    /// <summary>Makes a run.</summary>
    /// <param name="first">Its first number.</param>
    /// <param name="count">How many numbers, 0 to <see cref="MaxCount"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The count is negative or more than <see cref="MaxCount"/>.</exception>
    public PsnRange(Psn first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaxCount);
        First = first;
        Count = count;
    }

    /// <summary>The first number of the run.</summary>
    public Psn First { get; }

    /// <summary>How many numbers the run has.</summary>
    public int Count { get; }

    /// <summary>The last number of the run; meaningless when it is empty.</summary>
    public Psn Last => First + (Count - 1);

    /// <summary>The number after the run.</summary>
    public Psn End => First + Count;

    /// <summary>Whether a number lies in the run.</summary>
    public bool Contains(Psn number) => number.StepsFrom(First) < Count;

    /// <summary>The run as "first..last".</summary>
    public override string ToString() => Count == 0 ? $"{First}.. (empty)" : $"{First}..{Last}";
}

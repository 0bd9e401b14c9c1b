using System.Runtime.CompilerServices;

namespace RdmaPipeline.Protocol;

/// <summary>Counters of one kind, told apart by a small number. Written by the owning shard only, readable by anyone at any time.</summary>
public readonly struct CounterGroup
{
    private readonly QueuePairCounters _owner;
    private readonly int _start;

    internal CounterGroup(QueuePairCounters owner, int start, int length) => (_owner, _start, Length) = (owner, start, length);

    /// <summary>How many counters there are.</summary>
    public int Length { get; }

    /// <summary>All together.</summary>
    public long Sum
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < Length; i++)
                sum += this[i];
            return sum;
        }
    }

    /// <summary>One of them.</summary>
    /// <param name="index">0 to <see cref="Length"/> − 1.</param>
    public long this[int index] => _owner.ReadGrouped(_start + index);

    /// <summary>Counts one more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Count(int index) => _owner.Grouped[_start + index]++;

    /// <summary>Counts many.</summary>
    internal void Add(int index, long count) => _owner.Grouped[_start + index] += count;
}

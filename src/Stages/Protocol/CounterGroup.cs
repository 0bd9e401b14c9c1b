using System.Runtime.CompilerServices;

namespace RdmaPipeline.Protocol;

/// <summary>Counters of one kind, told apart by a small number. Written by the owning shard only, readable by anyone at any time.</summary>
public readonly struct CounterGroup
{
    private readonly long[] _values;

    internal CounterGroup(int length) => _values = new long[length];

    /// <summary>How many counters there are.</summary>
    public int Length => _values.Length;

    /// <summary>All together.</summary>
    public long Sum
    {
        get
        {
            long sum = 0;
            for (int i = 0; i < _values.Length; i++)
                sum += Volatile.Read(ref _values[i]);
            return sum;
        }
    }

    /// <summary>One of them.</summary>
    /// <param name="index">0 to <see cref="Length"/> − 1.</param>
    public long this[int index] => Volatile.Read(ref _values[index]);

    /// <summary>Counts one more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Count(int index) => _values[index]++;

    /// <summary>Counts many.</summary>
    internal void Add(int index, long count) => _values[index] += count;

    /// <summary>Adds all of another group of the same length, or takes them away.</summary>
    internal void Add(CounterGroup other, int sign)
    {
        for (int i = 0; i < _values.Length; i++)
            _values[i] += sign * other[i];
    }
}

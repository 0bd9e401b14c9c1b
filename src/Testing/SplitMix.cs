namespace RdmaPipeline.Testing;

/// <summary>A small random number generator whose sequence is fixed by its seed for ever, so that a printed seed replays a run.</summary>
/// <param name="seed">Any value.</param>
public sealed class SplitMix(ulong seed)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>64 random bits.</summary>
    public ulong Next() => Mix(unchecked(seed += Golden));

    /// <summary>A number from 0 to <paramref name="bound"/> − 1.</summary>
    /// <param name="bound">1 or more.</param>
    public int Below(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    /// <summary>A number from <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>True with a probability of <paramref name="percent"/> in a hundred.</summary>
    public bool Chance(double percent) => (Next() >> 11) * (100.0 / (1UL << 53)) < percent;

    /// <summary>A number from 0 on, less than 1.</summary>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>One of the choices.</summary>
    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    /// <summary>A bijection of 64 bits in which every input bit changes about half of the output bits.</summary>
    public static ulong Mix(ulong value)
    {
        unchecked
        {
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}

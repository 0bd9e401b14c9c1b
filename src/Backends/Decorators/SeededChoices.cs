namespace RdmaPipeline.Backends.Decorators;

/// <summary>SplitMix64: the same numbers for the same seed on every machine and runtime.</summary>
internal sealed class SeededChoices(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <returns>At least 0, less than 1.</returns>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <returns>At least <paramref name="least"/>, at most <paramref name="most"/>.</returns>
    public long Between(long least, long most) => least + (long)(Next() % ((ulong)(most - least) + 1));
}

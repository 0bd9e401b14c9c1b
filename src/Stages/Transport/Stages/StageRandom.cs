namespace RdmaPipeline.Transport.Stages;

/// <summary>SplitMix64: the same numbers for the same seed on every machine and runtime.</summary>
internal struct StageRandom(ulong seed)
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    /// <summary>A bijection of 64 bits in which every input bit changes about half of the output bits.</summary>
    public static ulong Mix(ulong value)
    {
        value += Golden;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    public ulong Next()
    {
        ulong next = Mix(_state);
        _state += Golden;
        return next;
    }

    /// <returns>At least 0, less than 1.</returns>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <returns>0 to <paramref name="most"/>, both included.</returns>
    public long UpTo(long most) => most == 0 ? 0 : (long)(Next() % ((ulong)most + 1));
}

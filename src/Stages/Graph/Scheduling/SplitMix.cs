namespace RdmaPipeline.Graph.Scheduling;

/// <summary>SplitMix64: a seeded sequence that stays the same on every runtime, so that a printed seed replays for ever.</summary>
internal struct SplitMix(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 to <paramref name="limit"/> − 1.</summary>
    public int Below(int limit) => (int)((Next() >> 33) % (uint)limit);
}

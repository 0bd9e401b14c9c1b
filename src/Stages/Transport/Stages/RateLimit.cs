namespace RdmaPipeline.Transport.Stages;

/// <summary>What a <see cref="RateLimiterStage"/> keeps to; one rate or both.</summary>
public sealed record RateLimit
{
    /// <summary>
    /// Bits per second, 1000 or more; 0 for no limit. Counted are frames as they lie in the burst: with Ethernet and IP headers where the
    /// back-end makes them, from the BTH through the ICRC where a socket does, or before they are encoded.
    /// </summary>
    public double BitsPerSecond { get; init; }

    /// <summary>Bytes that may leave at once after a rest: 1 to 1 GiB.</summary>
    public long BurstBytes { get; init; } = 64 * 1024;

    /// <summary>Packets per second, 1 or more; 0 for no limit.</summary>
    public double PacketsPerSecond { get; init; }

    /// <summary>Packets that may leave at once after a rest: 1 to 1 000 000.</summary>
    public int BurstPackets { get; init; } = 64;

    internal void Validate()
    {
        CheckRate(nameof(BitsPerSecond), BitsPerSecond, least: 1000);
        CheckRate(nameof(PacketsPerSecond), PacketsPerSecond, least: 1);
        if (BitsPerSecond == 0 && PacketsPerSecond == 0)
            throw new ArgumentException($"Neither {nameof(BitsPerSecond)} nor {nameof(PacketsPerSecond)} is set: no rate.");
        if (BurstBytes is < 1 or > 1 << 30)
            throw new ArgumentOutOfRangeException(nameof(BurstBytes), BurstBytes, $"{nameof(BurstBytes)} is 1 to 1 GiB.");
        if (BurstPackets is < 1 or > 1_000_000)
            throw new ArgumentOutOfRangeException(nameof(BurstPackets), BurstPackets, $"{nameof(BurstPackets)} is 1 to 1 000 000.");
    }

    private static void CheckRate(string name, double rate, double least)
    {
        if (double.IsNaN(rate) || (rate != 0 && rate < least) || double.IsInfinity(rate))
            throw new ArgumentOutOfRangeException(name, rate, $"{name} is {least} or more, or 0 for no limit.");
    }
}

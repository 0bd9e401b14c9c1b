namespace RdmaPipeline.Protocol.Tracing;

/// <summary>
/// How rarely a device chooses messages to trace: as it was told to, and half as often, a quarter and so on while more would be chosen in
/// a second than there may be. So what is chosen now is a part of what would be chosen else, and of what the other end chooses. Any
/// thread of the device.
/// </summary>
internal sealed class SamplePace
{
    private const long Period = 1_000_000_000;

    // Choosing twice as often shall not lead straight back.
    private const int Leeway = 4;

    private readonly ulong _full;
    private readonly int _limit;
    private ulong _threshold;
    private long _periodEnds;
    private int _chosen;

    /// <summary>Makes the pace of a device.</summary>
    /// <param name="oneIn">One message in so many, 0 for none and 1 for all.</param>
    /// <param name="limit">Messages a second, about; 0 for no limit. No concern of who wants all.</param>
    public SamplePace(int oneIn, int limit)
    {
        _full = _threshold = MessageSampler.ThresholdOf(oneIn);
        _limit = oneIn == 1 ? 0 : limit;
    }

    /// <summary>Makes the pace of a device that traces a part of its messages, however many these are.</summary>
    /// <param name="ratio">The part, above 0 to 1.</param>
    public SamplePace(double ratio) => _full = _threshold = MessageSampler.ThresholdOfRatio(ratio);

    /// <summary>What the sampler goes by.</summary>
    public ulong Threshold => Volatile.Read(ref _threshold);

    /// <summary>What the sampler goes by, when it may have been a while since anything was chosen.</summary>
    public ulong ThresholdAt(Instant now)
    {
        if (Threshold != _full) Turn(now);
        return Threshold;
    }

    /// <summary>A message was chosen.</summary>
    public void Chose(Instant now)
    {
        if (_limit == 0) return;
        Turn(now);
        if (Interlocked.Increment(ref _chosen) <= _limit) return;
        Volatile.Write(ref _threshold, Math.Max(1, Threshold >> 1));
        Volatile.Write(ref _chosen, 0);
    }

    private void Turn(Instant now)
    {
        var ends = Volatile.Read(ref _periodEnds);
        if (now.Nanoseconds < ends || Interlocked.CompareExchange(ref _periodEnds, now.Nanoseconds + Period, ends) != ends) return;
        if (Interlocked.Exchange(ref _chosen, 0) <= _limit / Leeway) Volatile.Write(ref _threshold, Math.Min(_full, Threshold << 1));
    }
}

namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// A bucket that fills at a rate, up to its size. Whoever takes more than there is in a full bucket leaves it in debt, so that the rate is
/// kept whatever the size of what is taken.
/// </summary>
internal struct TokenBucket
{
    private const double NanosecondsPerSecond = 1e9;

    private readonly double _perSecond;
    private readonly double _size;
    private double _level;
    private long _filledAt = long.MinValue;

    public TokenBucket(double perSecond, double size) => (_perSecond, _size, _level) = (perSecond, size, size);

    /// <summary>How long to wait until so much may be taken; 0 for not at all.</summary>
    /// <param name="amount">So much.</param>
    /// <param name="now">The shard's time in nanoseconds.</param>
    public long WaitFor(double amount, long now)
    {
        if (_filledAt != long.MinValue)
            _level = Math.Min(_size, _level + ((now - _filledAt) * _perSecond / NanosecondsPerSecond));
        _filledAt = now;
        double missing = Math.Min(amount, _size) - _level;
        return missing <= 0 ? 0 : Math.Max(1, (long)Math.Ceiling(missing * NanosecondsPerSecond / _perSecond));
    }

    /// <summary>Takes so much, once the wait is over or nobody waits.</summary>
    public void Take(double amount) => _level -= amount;
}

namespace RdmaPipeline.Verbs;

/// <content>Fewer events for many completions (modify_cq).</content>
public sealed partial class CompletionQueue
{
    private CompletionModeration? _moderation;
    private int _heldBack;
    private int _isTimed;

    /// <summary>Completions that make one event; 0 or 1 where their number does not matter.</summary>
    public int ModerationCount => Volatile.Read(ref _moderation)?.Count ?? 0;

    /// <summary>How long an event may be held back; zero for without limit.</summary>
    public TimeSpan ModerationPeriod => TimeSpan.FromMicroseconds((Volatile.Read(ref _moderation)?.PeriodNanoseconds ?? 0) / 1000);

    /// <summary>
    /// Holds back the event of an armed queue until several matching completions were added or a time has passed since the first of them,
    /// whichever comes first. A completion with an error status, and an overrun, are told at once. Awaiting is not held back. With
    /// a count and no period fewer completions than the count raise nothing.
    /// </summary>
    /// <param name="count">Completions, 0 to <see cref="DeviceAttributes.MaxModerationCount"/>; 0: any number within the period.</param>
    /// <param name="period">
    /// Whole microseconds, 0 to <see cref="DeviceAttributes.MaxModerationPeriodMicroseconds"/>; zero: no limit, and with a count
    /// of 0 or 1 no moderation at all.
    /// </param>
    /// <exception cref="RdmaException">EINVAL: out of range.</exception>
    public void SetModeration(int count, TimeSpan period)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        DeviceAttributes limits = _device.Attributes;
        if (count < 0 || count > limits.MaxModerationCount)
            throw RdmaException.Invalid($"cq_count is {count}; it must be 0 to {limits.MaxModerationCount}");
        long microseconds = period.Ticks / TimeSpan.TicksPerMicrosecond;
        if (period < TimeSpan.Zero || microseconds > limits.MaxModerationPeriodMicroseconds)
            throw RdmaException.Invalid($"cq_period is {period}; it must be 0 to {limits.MaxModerationPeriodMicroseconds} microseconds");
        bool isOff = count <= 1 && (count == 1 || microseconds == 0);
        Volatile.Write(ref _moderation, isOff ? null : new CompletionModeration(count, microseconds * 1000));
        FireHeldBack();
    }

    /// <summary>Raises the event that is held back, if there is one. Any thread.</summary>
    internal void FireHeldBack()
    {
        Volatile.Write(ref _isTimed, 0);
        if (Interlocked.Exchange(ref _heldBack, 0) != 0)
            Fire(solicited: true, isHeldBack: false);
    }

    // Exact for one shard. Where several push at once a completion may count for the event before or behind: the consumer polls until
    // the queue is empty after it has armed it, so none is missed.
    private bool HoldsBack(CompletionModeration moderation)
    {
        int held = Interlocked.Increment(ref _heldBack);
        if (moderation.Count != 0 && held >= moderation.Count)
        {
            Volatile.Write(ref _heldBack, 0);
            return false;
        }
        if (moderation.PeriodNanoseconds != 0 && Interlocked.Exchange(ref _isTimed, 1) == 0)
            _device.Provider.NotifyLater(this, moderation.PeriodNanoseconds);
        return true;
    }
}

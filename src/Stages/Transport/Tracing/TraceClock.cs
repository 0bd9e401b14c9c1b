namespace RdmaPipeline.Transport.Tracing;

/// <summary>The device's clock, and what its readings are in the time of the world. Any thread.</summary>
internal sealed class TraceClock(TimeProvider time)
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>The clock of a device.</summary>
    public static TraceClock Of(DeviceOptions options) => new(options.TimeProvider);

    /// <summary>The reading of this moment, the same that shards read.</summary>
    public long Nanoseconds => time.TimestampFrequency == NanosecondsPerSecond
        ? time.GetTimestamp()
        : (long)((Int128)time.GetTimestamp() * NanosecondsPerSecond / time.TimestampFrequency);

    /// <summary>
    /// What has to be added to a reading, in ticks, to have UTC. To be asked anew for each message: the clock of the world is set at times.
    /// </summary>
    public long Offset => time.GetUtcNow().UtcTicks - (Nanoseconds / TimeSpan.NanosecondsPerTick);

    /// <summary>What waits by this clock for what side channels say.</summary>
    public LateLinks MakeLinks(Action<MessageTrace> finish) => new(time, finish);

    /// <summary>A reading in UTC.</summary>
    public static DateTime ToUtc(long nanoseconds, long offset) =>
        new((nanoseconds / TimeSpan.NanosecondsPerTick) + offset, DateTimeKind.Utc);
}

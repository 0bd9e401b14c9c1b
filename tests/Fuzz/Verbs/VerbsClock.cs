namespace RdmaPipeline.FuzzTests.Verbs;

/// <summary>A clock that stands still until it is moved.</summary>
internal sealed class VerbsClock : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public long Nanoseconds { get; set; }

    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => Nanoseconds;

    public override DateTimeOffset GetUtcNow() => Epoch.AddTicks(Nanoseconds / TimeSpan.NanosecondsPerTick);
}

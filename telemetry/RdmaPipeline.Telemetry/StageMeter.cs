using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Telemetry;

/// <summary>
/// What one stage counts. Written by the thread that holds the stage's shard and by nobody else, so a count is a plain addition;
/// read by anyone at any time (each value is whole, the values of one moment need not be of the same burst).
/// </summary>
public sealed class StageMeter
{
    /// <summary>Bursts of 1, 2, 3–4, 5–8 … items: bucket <c>b</c> holds sizes up to <c>2^b</c>; the last holds everything larger.</summary>
    public const int BurstSizeBuckets = 12;

    /// <summary>One burst in this many is timed.</summary>
    public const int SampleInterval = 128;

    private const int Padding = 8;

    private readonly long[] _dropped = new long[(2 * Padding) + DropReasons.Count];
    private readonly long[] _sizes = new long[(2 * Padding) + BurstSizeBuckets];
    private readonly long[] _blocked = new long[(2 * Padding) + BlockedReasons.Count];
    private readonly Func<double>?[] _toldBlocked = new Func<double>?[BlockedReasons.Count];
    private readonly TagList _tags;
    private readonly Histogram<double> _processDuration;
    private readonly Histogram<double> _queueDuration;
    private readonly SampledSizes _burstSizes;
    private StageCounters _counters;
    private volatile BlockedReason _blockedReason;

    /// <summary>Makes the meter of a stage.</summary>
    /// <param name="stageName">The stage's name in the graph.</param>
    /// <param name="stageType">The stage's type.</param>
    /// <param name="owner">Whose stage it is; null for nobody's.</param>
    public StageMeter(string stageName, string stageType, StageOwner? owner = null)
    {
        owner ??= StageOwner.None;
        StageName = stageName;
        StageType = stageType;
        KeyValuePair<string, object?>[] tags =
        [
            new(AttributeNames.DeviceName, owner.DeviceName), new(AttributeNames.GraphName, owner.GraphName),
            new(AttributeNames.StageName, stageName), new(AttributeNames.StageType, stageType),
        ];
        _tags = new TagList(tags);
        _processDuration = owner.Meters.Durations(MetricNames.StageProcessDuration);
        _queueDuration = owner.Meters.Durations(MetricNames.StageQueueDuration);
        _burstSizes = new SampledSizes(owner.Meters.Sizes(MetricNames.StageBurstSize), tags);
    }

    /// <summary>The stage's name in the graph.</summary>
    public string StageName { get; }

    /// <summary>The stage's type.</summary>
    public string StageType { get; }

    /// <summary>Items taken in.</summary>
    public long ConsumedItems => SucceededItems + FailedItems;

    /// <summary>Items taken in while nothing was dropped.</summary>
    public long SucceededItems => Volatile.Read(ref _counters.SucceededItems);

    /// <summary>Items taken in that were dropped, or for which a part was.</summary>
    public long FailedItems => Volatile.Read(ref _counters.FailedItems);

    /// <summary>Items that were not processed at once: they came by way of the queue.</summary>
    public long QueuedItems => Volatile.Read(ref _counters.QueuedItems);

    /// <summary>Bursts taken in.</summary>
    public long ConsumedBursts => Volatile.Read(ref _counters.ConsumedBursts);

    /// <summary>Items given out.</summary>
    public long ProducedItems => Volatile.Read(ref _counters.ProducedItems);

    /// <summary>Bursts given out.</summary>
    public long ProducedBursts => Volatile.Read(ref _counters.ProducedBursts);

    /// <summary>Items that began their life here.</summary>
    public long CreatedItems => Volatile.Read(ref _counters.CreatedItems);

    /// <summary>Items that ended their life here as intended.</summary>
    public long EndedItems => Volatile.Read(ref _counters.EndedItems);

    /// <summary>Items dropped, whatever the reason.</summary>
    public long DroppedItems => Volatile.Read(ref _counters.DroppedItems);

    /// <summary>Exceptions that came out of the stage.</summary>
    public long Faults => Volatile.Read(ref _counters.Faults);

    /// <summary>The type of the last of them; null when there was none.</summary>
    public string? FaultType { get; private set; }

    /// <summary>Time worked, in <see cref="Stopwatch"/> ticks, scaled up from the timed bursts.</summary>
    public long BusyTicks => Volatile.Read(ref _counters.BusyTicks);

    /// <summary>
    /// Time the stage could not work, whatever it waited for, in <see cref="Stopwatch"/> ticks, a blockage of now included.
    /// </summary>
    public long BlockedTicks
    {
        get
        {
            long ticks = 0;
            for (int reason = 0; reason < BlockedReasons.Count; reason++)
            {
                ticks += BlockedTicksFor((BlockedReason)reason);
            }

            return ticks;
        }
    }

    /// <summary>Time worked, in seconds, scaled up from the timed bursts.</summary>
    public double BusySeconds => BusyTicks / (double)Stopwatch.Frequency;

    /// <summary>Time the stage could not work, whatever it waited for, in seconds, a blockage of now included.</summary>
    public double BlockedSeconds => BlockedTicks / (double)Stopwatch.Frequency;

    /// <summary>The clock of telemetry, in <see cref="Stopwatch"/> ticks: for bursts that are timed, and for nothing else.</summary>
    public static long ReadClock() => Stopwatch.GetTimestamp();

    /// <summary>Time the stage waited for one thing, in <see cref="Stopwatch"/> ticks, a blockage of now included.</summary>
    public long BlockedTicksFor(BlockedReason reason)
    {
        long since = _blockedReason == reason ? Volatile.Read(ref _counters.BlockedSince) : 0;
        long running = since == 0 ? 0 : Math.Max(0, Stopwatch.GetTimestamp() - since);
        return Volatile.Read(ref _blocked[Padding + (int)reason]) + running;
    }

    /// <summary>
    /// Time lost to one reason, in seconds: the stage's own, and what it tells of those it works for (<see cref="TellBlocked"/>).
    /// </summary>
    public double BlockedFor(BlockedReason reason) =>
        (BlockedTicksFor(reason) / (double)Stopwatch.Frequency) + (Volatile.Read(ref _toldBlocked[(int)reason])?.Invoke() ?? 0);

    /// <summary>Says how the time is read that those it works for, each by itself, could not go on for a reason.</summary>
    /// <param name="reason">The reason.</param>
    /// <param name="seconds">Seconds so far, added up; called by any thread.</param>
    public void TellBlocked(BlockedReason reason, Func<double> seconds) => Volatile.Write(ref _toldBlocked[(int)reason], seconds);

    /// <summary>A time by that clock.</summary>
    public static TimeSpan ToTimeSpan(long ticks) => Stopwatch.GetElapsedTime(0, ticks);

    /// <summary>Items dropped for one reason.</summary>
    public long Dropped(DropReason reason) => Volatile.Read(ref _dropped[Padding + (int)reason]);

    /// <summary>Bursts taken in or created whose size falls into a bucket, 0 to <see cref="BurstSizeBuckets"/> − 1.</summary>
    public long BurstsOfSize(int bucket)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)bucket, (uint)BurstSizeBuckets, nameof(bucket));
        return Volatile.Read(ref _sizes[Padding + bucket]);
    }

    /// <summary>
    /// Counts a burst taken in, after it was processed: what was dropped since the one before it was dropped of this one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CountConsumed(int items)
    {
        long failed = Math.Min(items, _counters.DroppedItems - _counters.DroppedBefore);
        _counters.DroppedBefore = _counters.DroppedItems;
        _counters.SucceededItems += items - failed;
        _counters.FailedItems += failed;
        _counters.ConsumedBursts++;
        CountSize(items);
    }

    /// <summary>Counts items that had to wait in front of the stage.</summary>
    public void CountQueued(int items) => _counters.QueuedItems += items;

    /// <summary>Counts a burst given out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CountProduced(int items)
    {
        _counters.ProducedItems += items;
        _counters.ProducedBursts++;
    }

    /// <summary>Counts items that began their life here.</summary>
    public void CountCreated(int items)
    {
        _counters.CreatedItems += items;
        CountSize(items);
    }

    /// <summary>Counts items that ended their life here as intended.</summary>
    public void CountEnded(int items) => _counters.EndedItems += items;

    /// <summary>Counts items dropped.</summary>
    public void CountDropped(DropReason reason, int items)
    {
        _counters.DroppedItems += items;
        _dropped[Padding + (int)reason] += items;
    }

    /// <summary>Counts an exception that came out of the stage.</summary>
    public void CountFault(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        FaultType = exception.GetType().FullName;
        _counters.Faults++;
    }

    /// <summary>Records the time a timed burst took, time inside downstream offers excluded.</summary>
    /// <param name="ticks"><see cref="Stopwatch"/> ticks of this one burst; the meter scales them.</param>
    /// <param name="isInTurn">It is one in <see cref="SampleInterval"/>, and not timed because it is traced.</param>
    /// <param name="span">The span of a message in it, current while the time is recorded; null when none is known.</param>
    public void RecordProcess(long ticks, bool isInTurn = true, Activity? span = null)
    {
        if (isInTurn)
        {
            _counters.BusyTicks += ticks * SampleInterval;
        }

        Record(_processDuration, ticks, span);
    }

    /// <summary>Records the time a timed burst waited in front of the stage.</summary>
    /// <param name="ticks"><see cref="Stopwatch"/> ticks.</param>
    /// <param name="span">The span of a message in it, current while the time is recorded; null when none is known.</param>
    public void RecordWait(long ticks, Activity? span = null) => Record(_queueDuration, ticks, span);

    /// <summary>
    /// Starts the clock of a blockage. While one is running a call for the same reason changes nothing, and one for another counts from
    /// now on for that.
    /// </summary>
    /// <param name="reason">What the stage waits for.</param>
    public void EnterBlocked(BlockedReason reason = BlockedReason.DownstreamFull)
    {
        if (_counters.BlockedSince != 0)
        {
            if (_blockedReason == reason)
            {
                return;
            }

            LeaveBlocked();
        }

        _blockedReason = reason;
        Volatile.Write(ref _counters.BlockedSince, Stopwatch.GetTimestamp());
    }

    /// <summary>Ends a blockage and adds its time.</summary>
    public void LeaveBlocked()
    {
        long since = _counters.BlockedSince;
        if (since != 0)
        {
            Volatile.Write(ref _counters.BlockedSince, 0);
            _blocked[Padding + (int)_blockedReason] += Stopwatch.GetTimestamp() - since;
        }
    }

    private void Record(Histogram<double> durations, long ticks, Activity? span)
    {
        if (!durations.Enabled)
        {
            return;
        }

        using var current = new CurrentSpan(span);
        durations.Record(ticks / (double)Stopwatch.Frequency, _tags);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void CountSize(int items)
    {
        int bucket = items <= 1 ? 0 : 32 - BitOperations.LeadingZeroCount((uint)(items - 1));
        _sizes[Padding + Math.Min(bucket, BurstSizeBuckets - 1)]++;
        _burstSizes.Note(items);
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RdmaPipeline.Telemetry;

/// <summary>What the changes of one graph count. Any thread.</summary>
public sealed class ReconfigurationMeter
{
    private static readonly string[] s_outcomes = ["applied", "rejected", "rolled_back"];

    private readonly long[] _counts = new long[s_outcomes.Length];
    private readonly TagList[] _tags;
    private readonly Histogram<double> _duration;
    private readonly StageOwner _owner;
    private readonly ConcurrentDictionary<string, long> _disposalFaults = new();

    /// <summary>Makes the meter of a graph's changes.</summary>
    /// <param name="owner">The graph, its device and its meters.</param>
    public ReconfigurationMeter(StageOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        _owner = owner;
        _duration = owner.Meters.Durations(MetricNames.GraphReconfigurationDuration);
        _tags = [.. s_outcomes.Select(outcome => new TagList
        {
            { AttributeNames.DeviceName, owner.DeviceName }, { AttributeNames.GraphName, owner.GraphName },
            { AttributeNames.ReconfigurationOutcome, outcome },
        })];
    }

    /// <summary>How many outcomes there are.</summary>
    public static int Outcomes => s_outcomes.Length;

    /// <summary>The name of an outcome, by its number.</summary>
    public static string NameOf(int outcome) => s_outcomes[outcome];

    /// <summary>Counts a change, or the attempt at one.</summary>
    /// <param name="outcome">0 applied, 1 rejected, 2 rolled back.</param>
    /// <param name="duration">How long it took.</param>
    public void Record(int outcome, TimeSpan duration)
    {
        Interlocked.Increment(ref _counts[outcome]);
        _duration.Record(duration.TotalSeconds, _tags[outcome]);
    }

    /// <summary>Counts an exception that came out of a stage when it was disposed.</summary>
    public void CountDisposalFault(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        _disposalFaults.AddOrUpdate(exception.GetType().FullName!, 1, (_, count) => count + 1);
    }

    internal IEnumerable<Measurement<long>> ReadDisposalFaults() => _disposalFaults.Select(fault => new Measurement<long>(
        fault.Value,
        new TagList
        {
            { AttributeNames.DeviceName, _owner.DeviceName }, { AttributeNames.GraphName, _owner.GraphName },
            { AttributeNames.ErrorType, fault.Key },
        }));

    internal IEnumerable<Measurement<long>> Read() =>
        _counts.Select((_, outcome) => new Measurement<long>(Volatile.Read(ref _counts[outcome]), _tags[outcome]));
}

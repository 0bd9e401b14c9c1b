using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace RdmaPipeline.Telemetry;

/// <summary>
/// What one edge counts: the source's shard writes what was produced, the target's shard what was consumed; anyone reads.
/// The law of an edge, in items: produced = consumed + queued.
/// </summary>
public sealed class EdgeMeter
{
    private EdgeCounters _counters;
    private Func<QueueSize> _queue;

    /// <summary>Makes the meter of an edge.</summary>
    /// <param name="source">The stage the edge starts at.</param>
    /// <param name="sourcePort">The output port it starts at.</param>
    /// <param name="target">The stage it ends at.</param>
    /// <param name="targetPort">The input port it ends at.</param>
    /// <param name="capacity">Bursts the target's queue holds for this edge, at least 1.</param>
    /// <param name="queue">Counts what waits on the edge; called by any thread.</param>
    public EdgeMeter(string source, string sourcePort, string target, string targetPort, int capacity, Func<QueueSize> queue)
    {
        Source = source;
        SourcePort = sourcePort;
        Target = target;
        TargetPort = targetPort;
        Capacity = capacity;
        _queue = queue;
    }

    /// <summary>The stage the edge starts at.</summary>
    public string Source { get; }

    /// <summary>The output port it starts at.</summary>
    public string SourcePort { get; }

    /// <summary>The stage it ends at.</summary>
    public string Target { get; }

    /// <summary>The input port it ends at.</summary>
    public string TargetPort { get; }

    /// <summary>Bursts the target's queue holds for this edge.</summary>
    public int Capacity { get; private set; }

    /// <summary>What waits on the edge, counted where it waits.</summary>
    public QueueSize Queued => Volatile.Read(ref _queue)();

    /// <summary>Items put on the edge.</summary>
    public long ProducedItems => Volatile.Read(ref _counters.ProducedItems);

    /// <summary>Bursts put on the edge.</summary>
    public long ProducedBursts => Volatile.Read(ref _counters.ProducedBursts);

    /// <summary>Items taken from the edge.</summary>
    public long ConsumedItems => Volatile.Read(ref _counters.ConsumedItems);

    /// <summary>Bursts taken from the edge.</summary>
    public long ConsumedBursts => Volatile.Read(ref _counters.ConsumedBursts);

    /// <summary>Offers that the target postponed or declined.</summary>
    public long RefusedOffers => Volatile.Read(ref _counters.RefusedOffers);

    /// <summary>When the first burst was put on the edge, a <see cref="Stopwatch"/> time; 0 before.</summary>
    public long FirstTicks => Volatile.Read(ref _counters.FirstTicks);

    /// <summary>Items taken from the edge per second since the first was put on it; 0 before.</summary>
    public double ItemsPerSecond
    {
        get
        {
            long ticks = FirstTicks == 0 ? 0 : Stopwatch.GetTimestamp() - FirstTicks;
            return ticks <= 0 ? 0 : ConsumedItems / (ticks / (double)Stopwatch.Frequency);
        }
    }

    /// <summary>Counts a burst put on the edge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CountProduced(int items)
    {
        if (_counters.ProducedBursts++ == 0)
        {
            Volatile.Write(ref _counters.FirstTicks, Stopwatch.GetTimestamp());
        }

        _counters.ProducedItems += items;
    }

    /// <summary>Counts a burst taken from the edge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void CountConsumed(int items)
    {
        _counters.ConsumedItems += items;
        _counters.ConsumedBursts++;
    }

    /// <summary>The edge was built anew, with nothing under way on it: its counts go on.</summary>
    /// <param name="capacity">Bursts the target's queue holds for this edge from now on, at least 1.</param>
    /// <param name="queue">Counts what waits on the edge; called by any thread.</param>
    public void Continue(int capacity, Func<QueueSize> queue)
    {
        Capacity = capacity;
        Volatile.Write(ref _queue, queue);
    }

    /// <summary>Counts an offer that was not taken at once.</summary>
    public void CountRefused() => _counters.RefusedOffers++;
}

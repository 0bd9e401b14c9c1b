using System.Collections.Immutable;
using RdmaPipeline.Graph.Building;
using RdmaPipeline.Graph.Description;
using RdmaPipeline.Graph.Reshaping;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>A running graph: its hosts and edges by name, its end, its description with live counters.</summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public sealed partial class StageGraph<T> : IDisposable
    where T : class, IBurst
{
    private readonly long[] _droppedBefore = new long[DropReasons.Count];
    private (StageMeter Meter, long[] Dropped)[] _left = []; // with the last change, and what they had dropped by then
    private readonly GraphEnd _end;
    private readonly GraphEditor<T> _editor;
    private readonly StageOwner _owner;
    private readonly ReconfigurationMeter _changes;
    private readonly StageDisposal<T> _disposal;
    private GraphParts<T> _parts;
    private PipelineSeries _series;

    private StageGraph(StageGraphSpec<T> spec, StageGraphOptions options)
    {
        _owner = new StageOwner(options.Meters, options.DeviceName, spec.Name);
        _changes = new ReconfigurationMeter(_owner);
        _disposal = new StageDisposal<T>(_changes, options.Shards[0].Scheduler.IsSeeded);
        MadeStages<T> stages = StageMaker.Make(spec, spec.Stages, options.Required, moving: [], staying: []);
        if (!stages.Errors.IsEmpty)
        {
            _disposal.DisposeAsync(stages.ByName.Select(s => (s.Key, s.Value))).GetAwaiter().GetResult();
            throw new StageGraphException(spec.Name, stages.Errors, stages.First);
        }

        _end = new GraphEnd(options.Faulted);
        var factory = new BlockFactory(_end.BlockCompleted, _end.BlockFaulted);
        var assembly = new GraphAssembly<T>(spec, options, factory);
        _parts = assembly.Assemble(stages.ByName);
        _end.Watch(_parts.Blocks, [.. _parts.Dependencies]);
        _editor = new GraphEditor<T>(this, options, factory, _end, _changes, _disposal);
        _series = MakeSeries();
        _series.Publish();
        assembly.Attach();
    }

    /// <summary>The description it was built from, or changed to.</summary>
    public StageGraphSpec<T> Spec => Parts.Spec;

    /// <summary>The number of the description: 1 when built, a higher one after every change.</summary>
    public long Revision => Parts.Revision;

    /// <summary>Where it is in its life.</summary>
    public StageGraphState State => _end.State;

    /// <summary>The hosts of all stages, in the order of the description.</summary>
    public IReadOnlyList<IStageHost<T>> Stages => Parts.Hosts;

    /// <summary>All data edges, in the order of the description.</summary>
    public IReadOnlyList<Edge<T>> Edges => Parts.Edges;

    /// <summary>What it consists of at this moment.</summary>
    internal GraphParts<T> Parts => Volatile.Read(ref _parts);

    /// <summary>Completes when every stage has passed on everything; faults with the exception that faulted the graph.</summary>
    public Task Completion => _end.Completion;

    /// <summary>The host of a stage.</summary>
    /// <exception cref="ArgumentException">The graph has no such stage.</exception>
    public IStageHost<T> this[string stage] => Parts.ByName.TryGetValue(stage, out StageHost<T>? host)
        ? host
        : throw new ArgumentException($"Graph '{Spec.Name}' has no stage '{stage}'.", nameof(stage));

    /// <summary>Validates a description and builds the graph, which runs at once.</summary>
    /// <exception cref="StageGraphException">The description has errors; all of them are listed.</exception>
    public static StageGraph<T> Build(StageGraphSpec<T> spec, StageGraphOptions options)
    {
        ImmutableArray<string> errors = StageGraphValidator.Validate(spec, options);
        return errors.IsEmpty ? new StageGraph<T>(spec, options) : throw new StageGraphException(spec.Name, errors);
    }

    /// <summary>The data edge that starts at an output port.</summary>
    /// <exception cref="ArgumentException">The graph has no such edge.</exception>
    public Edge<T> EdgeFrom(string stage, string port = StageSpec<T>.DefaultOutput) =>
        Parts.EdgeFrom(stage, port)
        ?? throw new ArgumentException($"Graph '{Spec.Name}' has no edge from '{stage}.{port}'.", nameof(stage));

    /// <summary>Any thread: items dropped for a reason, by stages that are gone too.</summary>
    public long Dropped(DropReason reason) =>
        Volatile.Read(ref _droppedBefore[(int)reason]) + Parts.Hosts.Sum(h => h.Meter.Dropped(reason));

    /// <summary>Any thread: sources stop, and every stage completes when all that lead to it have.</summary>
    public void Complete() => _end.Complete();

    /// <summary>Any thread: stops the graph and discards, counted, what is in it.</summary>
    public void Fault(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        _end.Fault(exception);
    }

    /// <summary>Any thread: the graph as it is now.</summary>
    public StageGraphDescriptor Describe() => GraphSnapshot.Take(Parts, State);

    /// <summary>
    /// Disposes the stages that can be, those included that changes have taken out, and stops publishing metrics. What a stage throws is
    /// counted and keeps no other from being disposed. Complete or fault the graph before, and stop its driver.
    /// </summary>
    public void Dispose()
    {
        _disposal.DisposeAsync(Parts.Hosts.Select(h => (h.Name, h.Stage)));
        _disposal.Wait();
        _series.Retire();
    }

    /// <summary>On a shard, while the graph is paused: it consists of this from now on.</summary>
    internal GraphParts<T> Publish(GraphParts<T> parts)
    {
        HashSet<StageMeter> present = [.. parts.Hosts.Select(h => h.Meter)];
        // A change that is undone brings back what it has taken out: that counts for itself again.
        Array.ForEach(Array.FindAll(_left, left => present.Contains(left.Meter)), left => CountDropped(left.Dropped, -1));
        _left = [.. _parts.Hosts.Select(h => h.Meter).Where(m => !present.Contains(m)).Select(m => (m, DroppedBy(m)))];
        Array.ForEach(_left, left => CountDropped(left.Dropped, 1));

        Volatile.Write(ref _parts, parts);
        _end.Watch(parts.Blocks, [.. parts.Dependencies]);
        _series.Dispose();
        _series = MakeSeries();
        _series.Publish();
        return parts;
    }

    private static long[] DroppedBy(StageMeter meter) =>
        [.. Enumerable.Range(0, DropReasons.Count).Select(reason => meter.Dropped((DropReason)reason))];

    private void CountDropped(long[] dropped, int times)
    {
        for (int reason = 0; reason < dropped.Length; reason++)
        {
            Volatile.Write(ref _droppedBefore[reason], _droppedBefore[reason] + (times * dropped[reason]));
        }
    }

    private PipelineSeries MakeSeries() => new(
        _owner, _parts.Revision, [.. _parts.Hosts.Select(h => h.Meter)], [.. _parts.Edges.Select(e => e.Meter)], _changes);
}

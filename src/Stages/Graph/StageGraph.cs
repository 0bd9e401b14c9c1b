using System.Collections.Immutable;
using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Graph.Building;
using RdmaPipeline.Graph.Description;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph;

/// <summary>A running graph: its hosts and edges by name, its end, its description with live counters.</summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public sealed class StageGraph<T> : IDisposable
    where T : class, IBurst
{
    private readonly GraphParts<T> _parts;
    private readonly GraphEnd _end;
    private readonly PipelineSeries _series;

    private StageGraph(StageGraphSpec<T> spec, StageGraphOptions options)
    {
        Spec = spec;
        Dictionary<string, IStage<T>> stages = StageMaker.MakeAll(spec);
        _end = new GraphEnd(options.Faulted);
        var assembly = new GraphAssembly<T>(spec, options, new BlockFactory(_end.BlockCompleted, _end.BlockFaulted));
        _parts = assembly.Assemble(stages);
        foreach (StageHost<T> host in _parts.Hosts)
        {
            host.DropObserver = options.Drops;
            host.Observer = options.Observer;
        }

        _end.Watch(_parts.Blocks, [.. Dependencies()]);
        _series = new PipelineSeries(
            new StageOwner(options.Meters, options.DeviceName, spec.Name), Revision,
            [.. _parts.Hosts.Select(h => h.Meter)], [.. _parts.Edges.Select(e => e.Meter)]);
        _series.Publish();
        assembly.Attach();
    }

    /// <summary>The description it was built from.</summary>
    public StageGraphSpec<T> Spec { get; }

    /// <summary>The number of the description: 1 when built, one more with every change.</summary>
    public long Revision { get; } = 1;

    /// <summary>Where it is in its life.</summary>
    public StageGraphState State => _end.State;

    /// <summary>The hosts of all stages, in the order of the description.</summary>
    public IReadOnlyList<IStageHost<T>> Stages => _parts.Hosts;

    /// <summary>All data edges, in the order of the description.</summary>
    public IReadOnlyList<Edge<T>> Edges => _parts.Edges;

    /// <summary>Completes when every stage has passed on everything; faults with the exception that faulted the graph.</summary>
    public Task Completion => _end.Completion;

    /// <summary>The host of a stage.</summary>
    /// <exception cref="ArgumentException">The graph has no such stage.</exception>
    public IStageHost<T> this[string stage] => _parts.ByName.TryGetValue(stage, out StageHost<T>? host)
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
        Array.Find(_parts.Edges, e => e.Spec.From == stage && e.Spec.Port == port)
        ?? throw new ArgumentException($"Graph '{Spec.Name}' has no edge from '{stage}.{port}'.", nameof(stage));

    /// <summary>Any thread: sources stop, and every stage completes when all that lead to it have.</summary>
    public void Complete() => _end.Complete();

    /// <summary>Any thread: stops the graph and discards, counted, what is in it.</summary>
    public void Fault(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        _end.Fault(exception);
    }

    /// <summary>Any thread: the graph as it is now.</summary>
    public StageGraphDescriptor Describe() => GraphSnapshot.Take(this);

    /// <summary>
    /// Stops publishing metrics and disposes the stages that can be. Complete or fault the graph before, and stop its driver.
    /// </summary>
    public void Dispose()
    {
        _series.Dispose();
        StageMaker.DisposeAll(_parts.Hosts.Select(h => h.Stage));
    }

    private IEnumerable<(string From, string To)> Dependencies() =>
        Spec.Edges.Select(e => (e.From, e.To))
            .Concat(Spec.Doorbells.Where(b => b.From is not null).Select(b => (From: b.From!, b.To)))
            .Select(d => (From: _parts.BlockOf[d.From], To: _parts.BlockOf[d.To]))
            .Where(d => d.From != d.To)
            .Distinct();
}

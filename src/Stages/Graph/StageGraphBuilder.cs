namespace RdmaPipeline.Graph;

/// <summary>Writes a graph's description. It checks nothing: the validator reports all errors together when the graph is built.</summary>
/// <typeparam name="T">The burst that moves through the graph.</typeparam>
public sealed class StageGraphBuilder<T>
    where T : class, IBurst
{
    private StageGraphSpec<T> _spec;

    /// <summary>Begins a description.</summary>
    /// <param name="name">The graph's name.</param>
    /// <param name="preset">The preset's name, for people.</param>
    /// <param name="hop">How bursts hop where a stage says nothing else.</param>
    public StageGraphBuilder(string name, string preset = "custom", HopPolicy hop = HopPolicy.Inline)
        : this(new StageGraphSpec<T> { Name = name, Preset = preset, Hop = hop })
    {
    }

    /// <summary>Goes on from a description.</summary>
    public StageGraphBuilder(StageGraphSpec<T> spec) => _spec = spec;

    /// <summary>Adds a stage with input <c>in</c> and output <c>out</c>.</summary>
    public StageGraphBuilder<T> Stage(string name, Func<IStage<T>> factory) => Stage(new StageSpec<T> { Name = name, Factory = factory });

    /// <summary>Adds a stage without input.</summary>
    public StageGraphBuilder<T> Source(string name, Func<IStage<T>> factory) =>
        Stage(new StageSpec<T> { Name = name, Factory = factory, Inputs = [] });

    /// <summary>Adds a stage without output.</summary>
    public StageGraphBuilder<T> Sink(string name, Func<IStage<T>> factory) =>
        Stage(new StageSpec<T> { Name = name, Factory = factory, Outputs = [] });

    /// <summary>Adds a stage.</summary>
    public StageGraphBuilder<T> Stage(StageSpec<T> stage)
    {
        _spec = _spec with { Stages = _spec.Stages.Add(stage) };
        return this;
    }

    /// <summary>Adds a data edge.</summary>
    /// <param name="from">The stage it starts at.</param>
    /// <param name="to">The stage it ends at.</param>
    /// <param name="port">The output port it starts at.</param>
    /// <param name="toPort">The input port it ends at.</param>
    /// <param name="capacity">Bursts the target holds for it; null for the target's own capacity.</param>
    public StageGraphBuilder<T> Edge(
        string from, string to, string port = StageSpec<T>.DefaultOutput, string toPort = StageSpec<T>.DefaultInput, int? capacity = null)
    {
        int bursts = capacity ?? _spec.Find(to)?.Capacity ?? StageBlockOptions.DefaultCapacity;
        _spec = _spec with { Edges = _spec.Edges.Add(new EdgeSpec(from, port, to, toPort, bursts)) };
        return this;
    }

    /// <summary>Adds a doorbell edge.</summary>
    /// <param name="from">The stage that rings; null for threads outside the graph.</param>
    /// <param name="to">The pump stage that is woken.</param>
    /// <param name="doorbell">The doorbell.</param>
    public StageGraphBuilder<T> Doorbell(string? from, string to, Doorbell doorbell)
    {
        _spec = _spec with { Doorbells = _spec.Doorbells.Add(new DoorbellSpec(from, to, doorbell)) };
        return this;
    }

    /// <summary>The description as it stands.</summary>
    public StageGraphSpec<T> ToSpec() => _spec;

    /// <summary>Validates the description and builds the graph, which runs at once.</summary>
    /// <exception cref="StageGraphException">The description has errors; all of them are listed.</exception>
    public StageGraph<T> Build(StageGraphOptions options) => StageGraph<T>.Build(_spec, options);
}

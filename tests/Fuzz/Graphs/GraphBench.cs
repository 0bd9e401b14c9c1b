using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>A drawing, and the graph that is built from it when it is first operated after an edit.</summary>
internal sealed class GraphBench
{
    private const int Shards = 2;
    private const int MostSteps = 50_000;

    private readonly ulong _seed;
    private readonly FuzzTally _tally;
    private readonly GraphParts _parts = new();
    private SeededShards? _world;
    private StageGraph<TestBurst>? _graph;
    private (string Stage, Exception Fault)? _fault;
    private bool _isJudged;

    public GraphBench(ulong seed, FuzzTally tally)
    {
        (_seed, _tally) = (seed, tally);
        Drawing = new GraphDrawing(_parts);
    }

    public GraphDrawing Drawing { get; }

    public void Edit(byte what, ref RecordReader choices)
    {
        Close();
        try
        {
            Drawing.Edit(what, ref choices);
        }
        catch (ArgumentException)
        {
            _tally.Note("edit refused");
        }
    }

    public void Operate(byte what, ref RecordReader choices)
    {
        if (!_isJudged) Build();
        if (_graph is not { } graph || _world is not { } world) return;
        switch (what % 16)
        {
            case < 6: Ring(ref choices); break;
            case 6: if (PickSink(ref choices) is { } sink) sink.Block(); break;
            case 7: if (PickSink(ref choices) is { } blocked) blocked.Unblock(); break;
            case 8: PickGate(graph, ref choices)?.Close(); break;
            case 9: PickGate(graph, ref choices)?.Open(); break;
            case 10: graph.Stages[choices.Below(graph.Stages.Count)].Wake(); break;
            case 11 or 12: Step(world, choices.Byte()); break;
            case 13: graph.Describe(); break;
            case 14: if (choices.OneIn(3)) graph.Complete(); else RunToRest(world); break;
            default: if (choices.OneIn(4)) graph.Fault(new OperationCanceledException("by the fuzzer")); break;
        }
    }

    /// <summary>Judges what was never operated, and ends what was.</summary>
    public void Finish()
    {
        if (!_isJudged) Build();
        Close();
    }

    private void Build()
    {
        _isJudged = true;
        var spec = Drawing.Spec;
        var world = _world = new SeededShards(_seed);
        ShardAssignment[] assigned =
            [.. Enumerable.Range(0, Shards).Select(n => new ShardAssignment(n, world.CreateScheduler($"shard {n}")))];
        var options = new StageGraphOptions { Shards = assigned, Faulted = (stage, fault) => _fault ??= (stage, fault) };
        _parts.RungBy = spec.Doorbells.Where(bell => bell.From is not null).ToLookup(bell => bell.From!, bell => bell.Doorbell);
        _parts.Feeding = spec.Doorbells.ToLookup(bell => bell.To, bell => bell.Doorbell);
        var expected = SecondOpinion.CanBeBuilt(spec, [.. assigned.Select(shard => shard.Shard)]);
        _parts.Sinks.Clear();
        var errors = StageGraphValidator.Validate(spec, options);
        try
        {
            _graph = StageGraph<TestBurst>.Build(spec, options);
        }
        catch (StageGraphException refused)
        {
            if (refused.Errors.IsEmpty) throw new FuzzFailureException("refused without an error", refused);
            if (expected) throw new FuzzFailureException($"refused though nothing is wrong: {refused.Message}", refused);
            _tally.Note("graph refused");
            return;
        }

        if (!errors.IsEmpty) throw new FuzzFailureException($"built though the validator says {errors[0]}");
        if (!expected) throw new FuzzFailureException("built though something is wrong");
        _tally.Note("graph built");
        _world.Stepped = CheckLaws;
    }

    private void Close()
    {
        _isJudged = false;
        if (_graph is not { } graph || _world is not { } world) return;
        foreach (var sink in _parts.Sinks) sink.Unblock();
        foreach (var edge in graph.Edges) edge.Gate.Open();
        RunToRest(world);
        CheckNothingWaits(graph);
        graph.Complete();
        RunToRest(world);
        if (!graph.Completion.IsCompleted) throw new FuzzFailureException($"the graph does not end: {graph.State}");
        CheckNothingWaits(graph);
        graph.Dispose();
        _graph = null;
    }

    private void CheckLaws()
    {
        // No stage of a drawing fails by itself.
        if (_fault is var (stage, fault)) throw new FuzzFailureException($"{stage} failed", fault);
        var violations = GraphLaws.Check(_graph!);
        if (!violations.IsEmpty) throw new FuzzFailureException($"a law is broken: {violations[0]}");
    }

    private void CheckNothingWaits(StageGraph<TestBurst> graph)
    {
        CheckLaws();
        foreach (var edge in graph.Edges)
        {
            var waiting = edge.Meter.Queued.Bursts;
            if (waiting != 0) throw new FuzzFailureException($"{waiting} bursts wait on {edge.Spec} at rest");
        }

        foreach (var bell in graph.Spec.Doorbells)
        {
            if (graph.State == StageGraphState.Running && bell.Doorbell.Count != 0 && IsFedBy(graph, bell))
                throw new FuzzFailureException($"{bell.Doorbell.Count} tokens for '{bell.To}' wait at rest");
        }
    }

    // A pump takes from the first of its doorbells; the others only wake it.
    private static bool IsFedBy(StageGraph<TestBurst> graph, DoorbellSpec bell) =>
        graph.Spec.Doorbells.First(other => other.To == bell.To).Doorbell == bell.Doorbell;

    private void RunToRest(SeededShards world)
    {
        if (!world.RunUntilIdle(MostSteps)) throw new FuzzFailureException($"does not come to rest in {MostSteps} steps");
    }

    private static void Step(SeededShards world, int steps)
    {
        for (; steps > 0; steps--) world.Step();
    }

    private void Ring(ref RecordReader choices)
    {
        var bell = _parts.Doorbells[choices.Below(_parts.Doorbells.Length)];
        for (var count = choices.Below(8); count >= 0; count--) bell.Ring((uint)choices.Between(1, 5));
    }

    private TestSink? PickSink(ref RecordReader choices) =>
        _parts.Sinks.Count == 0 ? null : _parts.Sinks[choices.Below(_parts.Sinks.Count)];

    private static EdgeGate? PickGate(StageGraph<TestBurst> graph, ref RecordReader choices) =>
        graph.Edges.Count == 0 ? null : graph.Edges[choices.Below(graph.Edges.Count)].Gate;
}

using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Reshaping;
using RdmaPipeline.Graph.Tests.Kit;
using RdmaPipeline.Telemetry;

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
    private readonly DrawnDrivers _drivers = new();
    private readonly LiveEdits _edits;
    private readonly TestServices _time = new();
    private StageGraph<TestBurst>? _graph;
    private GraphReshaper? _reshaper;
    private (string Stage, Exception Fault)? _fault;
    private bool _isJudged;

    public GraphBench(ulong seed, FuzzTally tally)
    {
        (_seed, _tally) = (seed, tally);
        Drawing = new GraphDrawing(_parts);
        _edits = new LiveEdits(_parts, Drawing);
        _parts.Book.Running = () => _graph?.Spec;
    }

    public GraphDrawing Drawing { get; }

    public void Edit(byte what, ref RecordReader choices)
    {
        Close();
        Drawing.Edit(what, ref choices);
        if (Drawing.Spec.EditErrors.IsEmpty) return;
        _tally.Note("edit refused");
        Drawing.Spec = Drawing.Spec with { EditErrors = [] };
    }

    public void Operate(byte what, ref RecordReader choices)
    {
        if (!_isJudged) Build();
        if (_graph is not { } graph || _world is not { } world) return;
        switch (what % 16)
        {
            case < 6: Ring(ref choices); break;
            case 6: PickSink(ref choices)?.Shut(); break;
            case 7: PickSink(ref choices)?.Open(); break;
            case 8: PickGate(graph, ref choices)?.Close(); break;
            case 9: PickGate(graph, ref choices)?.Open(); break;
            case 10: graph.Stages[choices.Below(graph.Stages.Count)].Wake(); break;
            case 11 or 12: Step(world, choices.Byte()); break;
            case 13: graph.Describe(); break;
            case 14: if (choices.OneIn(3)) graph.Complete(); else RunToRest(world); break;
            default: if (choices.OneIn(4)) Fault(graph); break;
        }

        _reshaper?.Settle();
    }

    /// <summary>Changes the graph while it runs.</summary>
    public void Reshape(int what, ref RecordReader choices)
    {
        if (!_isJudged) Build();
        if (_reshaper is not { } reshaper || _world is not { } world) return;
        switch (what)
        {
            case < 48:
                reshaper.Ask(ref choices);
                Step(world, choices.Below(32));
                break;
            case < 54:
                reshaper.Cancel();
                if (choices.OneIn(2)) RunToRest(world);
                break;
            case < 58: _time.AdvanceTo(_time.NowNanoseconds + choices.Byte()); break;
            case < 60: _drivers.Come(); break;
            case < 62: _drivers.Set(choices.Below(3), choices.OneIn(2), choices.OneIn(2) ? (EditStep)choices.Below(6) : null); break;
            default: PickSink(ref choices)?.Shut(); break;
        }

        reshaper.Settle();
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
            [.. Enumerable.Range(0, Shards).Select(n => new ShardAssignment(n, world.CreateScheduler($"shard {n}")) { Services = _time })];
        var options = new StageGraphOptions
        {
            Shards = assigned, Faulted = NoteFault, ChangeDriver = _drivers.ChangeAsync,
            Stepping = _drivers.Step,
        };
        var expected = SecondOpinion.CanBeBuilt(spec, [.. assigned.Select(shard => shard.Shard)]);
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
            _parts.CheckNothingIsLeft(graph: null);
            return;
        }

        if (!errors.IsEmpty) throw new FuzzFailureException($"built though the validator says {errors[0]}");
        if (!expected) throw new FuzzFailureException("built though something is wrong");
        _tally.Note("graph built");
        _tally.Trace?.Invoke($"graph built: {string.Join(", ", spec.Edges)}; hop {spec.Hop}");
        _drivers.Begin(spec.Drivers);
        _reshaper = new GraphReshaper(_graph, _parts, _edits, _drivers, _tally);
        _world.Stepped = CheckLaws;
    }

    private void Close()
    {
        _isJudged = false;
        if (_graph is not { } graph || _world is not { } world) return;
        _drivers.Come();
        _drivers.Set(failures: 0, isSlow: false, failing: null);
        foreach (var gate in _parts.Gates) gate.Open();
        foreach (var edge in graph.Edges) edge.Gate.Open();
        RunToRest(world);
        if (_reshaper!.IsPending) throw new FuzzFailureException("a change does not end");
        Drawing.Spec = graph.Spec;
        CheckNothingWaits(graph);
        graph.Complete();
        RunToRest(world);
        if (!graph.Completion.IsCompleted) throw new FuzzFailureException($"the graph does not end: {graph.State}");
        CheckNothingWaits(graph);
        var dropped = Enum.GetValues<DropReason>().Sum(graph.Dropped);
        graph.Dispose();
        (_graph, _reshaper) = (null, null);
        _parts.CheckNothingIsLeft(graph: null);
        _parts.Book.Check(dropped);
    }

    private void Fault(StageGraph<TestBurst> graph)
    {
        graph.Fault(new OperationCanceledException("by the fuzzer"));
        _parts.Book.IsFaulted = graph.State == StageGraphState.Faulted;
    }

    private void NoteFault(string stage, Exception fault)
    {
        if (fault is DrawnFailureException) _parts.Book.IsFaulted = true;
        else _fault ??= (stage, fault);
    }

    private void CheckLaws()
    {
        // No stage fails but as it is drawn.
        if (_fault is var (stage, fault)) throw new FuzzFailureException($"{stage} failed", fault);
        if (_graph!.State == StageGraphState.Faulted && !_parts.Book.IsFaulted)
        {
            if (!_drivers.HasFailed) throw new FuzzFailureException("the graph has faulted by itself");
            _parts.Book.IsFaulted = true;
        }

        var violations = GraphLaws.Check(_graph!);
        if (!violations.IsEmpty) throw new FuzzFailureException($"a law is broken: {violations[0]}");
    }

    private void CheckNothingWaits(StageGraph<TestBurst> graph)
    {
        CheckLaws();
        _tally.Trace?.Invoke($"at rest: {graph.Describe().ToJson()}");
        foreach (var edge in graph.Edges)
        {
            var waiting = edge.Meter.Queued.Bursts;
            if (waiting != 0) throw new FuzzFailureException($"{waiting} bursts wait on {edge.Spec} at rest");
        }

        foreach (var bell in graph.Spec.Doorbells.Where(bell => graph[bell.To].Stage is DrawnPump))
        {
            if (graph.State == StageGraphState.Running && bell.Doorbell.Count != 0)
                throw new FuzzFailureException($"{bell.Doorbell.Count} tokens for '{bell.To}' wait at rest");
        }
    }

    private void RunToRest(SeededShards world)
    {
        if (!world.RunUntilIdle(MostSteps)) throw new FuzzFailureException($"does not come to rest in {MostSteps} steps");
        _reshaper?.Settle();
        if (_reshaper is { IsOverdue: true }) throw new FuzzFailureException("a change that nobody waits for does not end");
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

    private DrawnGate? PickSink(ref RecordReader choices) =>
        _parts.Gates is { Count: > 0 } gates ? gates[choices.Below(gates.Count)] : null;

    private static EdgeGate? PickGate(StageGraph<TestBurst> graph, ref RecordReader choices) =>
        graph.Edges.Count == 0 ? null : graph.Edges[choices.Below(graph.Edges.Count)].Gate;
}

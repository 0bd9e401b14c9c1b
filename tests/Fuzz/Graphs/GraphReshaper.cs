using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.FuzzTests.Machines;
using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>Asks for changes of a running graph, foresees how each must end, and sees whether it does.</summary>
internal sealed class GraphReshaper(StageGraph<TestBurst> graph, GraphParts parts, LiveEdits edits, DrawnDrivers drivers, FuzzTally tally)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Each attempt, and what was applied by it.
    private readonly List<(long Previous, StageGraphSpec<TestBurst>? Spec)> _attempts = [(0, graph.Spec)];
    private PendingChange? _pending;
    private int _failedBefore;
    private Task<GraphRevision>? _waiting;
    private bool _hasWaited;

    /// <summary>A change has not ended.</summary>
    public bool IsPending => _pending is not null;

    /// <summary>A change has not ended that waits for nobody any more.</summary>
    public bool IsOverdue => _pending is { Task.IsCompleted: false } change && !drivers.IsLate
        && (change.IsCancelled || graph.State != StageGraphState.Running);

    /// <summary>Asks for a change; while one has not ended, for something that needs no turn of its own.</summary>
    public void Ask(ref RecordReader choices)
    {
        if (_pending is not null) AskMeanwhile(ref choices);
        else if (choices.OneIn(6)) Rollback(ref choices);
        else Reconfigure(ref choices);
        Settle();
    }

    public void Cancel() => _pending?.Cancel();

    /// <summary>Judges a change that has ended.</summary>
    public void Settle()
    {
        if (_pending is not { Task.IsCompleted: true } change) return;
        _pending = null;
        if (change.IsAttempt) _attempts.Add((change.Revision, change.IsApplied ? change.Wanted : null));
        change.MayFail |= drivers.Failed != _failedBefore;
        tally.Trace?.Invoke($"change ended: {change.Task.Status}, {graph.Revisions[^1]}");
        change.Check();
        tally.Note(change.IsApplied ? "change applied" : change.Task.IsCompletedSuccessfully ? "change of nothing" : "change refused");
        var isLaterListed = _waiting is not null && EndWaiting();
        CheckHistory(change, graph.Revisions[isLaterListed ? ^2 : ^1]);
        if (isLaterListed) _attempts.Add((graph.Revision, null));
        parts.CheckNothingIsLeft(graph);
        drivers.Check(graph.Spec);
    }

    private void Reconfigure(ref RecordReader choices)
    {
        var wanted = edits.Choose(graph.Spec, ref choices);
        Begin(wanted, choices.OneIn(24), token => graph.ReconfigureAsync(_ => wanted, Timeout.InfiniteTimeSpan, token));
    }

    private void Rollback(ref RecordReader choices)
    {
        long? revision = choices.OneIn(2) ? choices.Below(_attempts.Count + 2) : null;
        var to = revision ?? _attempts[(int)graph.Revision - 1].Previous;
        var wanted = to > 0 && to <= _attempts.Count ? _attempts[(int)to - 1].Spec : null;
        Begin(wanted, choices.OneIn(24), token => graph.RollbackAsync(revision, Timeout.InfiniteTimeSpan, token));
    }

    private void Begin(StageGraphSpec<TestBurst>? wanted, bool isCancelled, Func<CancellationToken, Task<GraphRevision>> ask)
    {
        var forecast = Foresee(wanted, isCancelled);
        var change = new PendingChange(graph, wanted, forecast) { Task = null! };
        change.MayFail = parts.HasMoody(wanted) || parts.HasMoody(graph.Spec);
        _failedBefore = drivers.Failed;
        if (isCancelled) change.Cancel();
        tally.Trace?.Invoke($"change asked for, {forecast}: {(wanted is null ? "none" : StageGraphDiff.Between(graph.Spec, wanted))}");
        change.Task = ask(change.Token);
        if (forecast != ChangeForecast.Open && !change.Task.IsCompleted)
            throw new FuzzFailureException($"a change is begun though something is wrong ({forecast})");
        _pending = change;
    }

    private ChangeForecast Foresee(StageGraphSpec<TestBurst>? wanted, bool isCancelled)
    {
        if (graph.State != StageGraphState.Running) return ChangeForecast.Late;
        if (isCancelled) return ChangeForecast.Cancelled;
        if (wanted is null) return ChangeForecast.Refused;
        if (!SecondOpinion.CanBecome(graph.Spec, wanted, [0, 1])) return ChangeForecast.Refused;
        return StageGraphDiff.Between(graph.Spec, wanted).IsEmpty ? ChangeForecast.Nothing : ChangeForecast.Open;
    }

    // Others wait for their turn. Only what needs no shard is let wait: it would be done by another thread at a time of its own.
    private void AskMeanwhile(ref RecordReader choices)
    {
        if (choices.OneIn(2) && _waiting is null)
        {
            _waiting = graph.ReconfigureAsync(spec => spec, Timeout.InfiniteTimeSpan);
            _hasWaited = !_waiting.IsCompleted;
            return;
        }

        var late = graph.ReconfigureAsync(spec => spec with { Preset = "late" }, cancellationToken: new CancellationToken(canceled: true));
        if (!late.IsCanceled && late.Exception?.InnerException is not InvalidOperationException)
            throw new FuzzFailureException($"a change that was cancelled before its turn is {late.Status}");
    }

    // Whether it is listed: the end of the graph takes it back, unless that had come before it was asked for.
    private bool EndWaiting()
    {
        var (waiting, revision) = (_waiting!, graph.Revision);
        _waiting = null;
        if (!((IAsyncResult)waiting).AsyncWaitHandle.WaitOne(Patience))
            throw new FuzzFailureException("the next change does not get its turn");
        if (waiting.IsFaulted ? graph.State == StageGraphState.Running : waiting.Result?.Number != revision)
            throw new FuzzFailureException($"a change of nothing that had to wait is {waiting.Status}", waiting.Exception);
        return waiting.IsFaulted && _hasWaited;
    }

    private void CheckHistory(PendingChange change, GraphRevision last)
    {
        if (last.Number != _attempts.Count)
            throw new FuzzFailureException($"{_attempts.Count} attempts, the last is revision {last.Number}");
        if (!change.IsAttempt) return;
        var isApplied = last.Outcome == ReconfigurationOutcome.Applied;
        if (isApplied != change.IsApplied || isApplied != last.Error is null || last.Previous != change.Revision)
            throw new FuzzFailureException($"a change that was applied: {change.IsApplied}, is listed as {last}");
    }
}

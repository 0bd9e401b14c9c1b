using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>A change of a running graph that was asked for, and what the graph was before it.</summary>
internal sealed class PendingChange(StageGraph<TestBurst> graph, StageGraphSpec<TestBurst>? wanted, ChangeForecast forecast)
{
    private readonly StageGraphSpec<TestBurst> _before = graph.Spec;
    private readonly IStageHost<TestBurst>[] _hosts = [.. graph.Stages];
    private readonly IStage<TestBurst>[] _stages = [.. graph.Stages.Select(host => host.Stage)];
    private readonly long _revision = graph.Revision;
    private readonly CancellationTokenSource _cancel = new();

    public required Task<GraphRevision> Task { get; set; }

    public CancellationToken Token => _cancel.Token;

    public StageGraphSpec<TestBurst>? Wanted => wanted;

    public long Revision => _revision;

    public bool IsCancelled => _cancel.IsCancellationRequested;

    /// <summary>A stage or a driver may fail.</summary>
    public bool MayFail { get; set; }

    /// <summary>Whether it is an attempt, which takes a number.</summary>
    public bool IsAttempt => forecast is ChangeForecast.Refused or ChangeForecast.Open;

    public bool IsApplied => forecast == ChangeForecast.Open && Task.IsCompletedSuccessfully;

    public void Cancel() => _cancel.Cancel();

    /// <summary>Judges it when it has ended.</summary>
    public void Check()
    {
        var fault = Task.IsCanceled ? new OperationCanceledException() : Task.Exception?.InnerException;
        if (!IsExpected(fault))
            throw new FuzzFailureException($"a change ({forecast}) ends in {fault?.GetType().Name ?? "success"}: {fault?.Message}", fault);
        if (IsApplied) CheckNew();
        else CheckOld();
    }

    private bool IsExpected(Exception? fault) => forecast switch
    {
        ChangeForecast.Cancelled => fault is OperationCanceledException,
        ChangeForecast.Late => fault is InvalidOperationException,
        ChangeForecast.Nothing => fault is null && Task.Result.Number == _revision,
        ChangeForecast.Refused => wanted is null ? fault is ArgumentException : fault is StageGraphException { Errors.IsEmpty: false },
        _ => fault switch
        {
            null => true,
            OperationCanceledException => IsCancelled,
            InvalidOperationException => graph.State != StageGraphState.Running,
            StageGraphException => MayFail,
            _ => false,
        },
    };

    private void CheckNew()
    {
        if (Task.Result.Number != graph.Revision || Task.Result.Previous != _revision || !ReferenceEquals(graph.Spec, wanted))
            throw new FuzzFailureException($"{Task.Result} was applied, and revision {graph.Revision} runs");
        if (!graph.Stages.Select(host => host.Name).SequenceEqual(wanted!.Stages.Select(stage => stage.Name)))
            throw new FuzzFailureException("other stages run than were wanted");
        if (!graph.Edges.Select(edge => edge.Spec).SequenceEqual(wanted.Edges))
            throw new FuzzFailureException("other edges run than were wanted");
        foreach (var heir in graph.Stages.Select(host => host.Stage).OfType<DrawnHeir>().Except(_stages.OfType<DrawnHeir>()))
        {
            var old = Array.Find(_hosts, host => host.Name == heir.Name)?.Stage as DrawnHeir;
            if (heir.Predecessor != old) throw new FuzzFailureException($"'{heir.Name}' has not taken over from the stage before it");
        }
    }

    private void CheckOld()
    {
        if (graph.Revision != _revision || !ReferenceEquals(graph.Spec, _before))
            throw new FuzzFailureException($"no change of revision {_revision}, and revision {graph.Revision} runs");
        if (!graph.Stages.SequenceEqual(_hosts)) throw new FuzzFailureException("no change, and other stages run");
    }
}

/// <summary>How a change must end.</summary>
internal enum ChangeForecast
{
    /// <summary>It was cancelled before it was asked for.</summary>
    Cancelled,

    /// <summary>The graph is ending.</summary>
    Late,

    /// <summary>It changes nothing.</summary>
    Nothing,

    /// <summary>It is not possible.</summary>
    Refused,

    /// <summary>It is possible: it is applied unless something comes between.</summary>
    Open,
}

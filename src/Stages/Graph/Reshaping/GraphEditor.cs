using System.Collections.Immutable;
using RdmaPipeline.Graph.Building;
using RdmaPipeline.Graph.Validation;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Reshaping;

/// <summary>Changes a running graph, one change at a time: describe, compare, check, build; then the edit; then tell about it.</summary>
#pragma warning disable CA1001 // a semaphore without a wait handle has nothing to give back
internal sealed class GraphEditor<T>(
    StageGraph<T> graph, StageGraphOptions options, BlockFactory factory, GraphEnd end, ReconfigurationMeter meter)
    where T : class, IBurst
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _turn = new(1);

    public RevisionHistory<T> History { get; } = new(graph.Spec);

    public async Task<GraphRevision> ApplyAsync(
        Func<StageGraphSpec<T>, StageGraphSpec<T>> describe, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token, end.Ending);
        try
        {
            await _turn.WaitAsync(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw Explain($"an earlier change has not ended within {timeout}", cancellationToken);
        }

        try
        {
            return await ApplyAsync(describe, timeout, stop.Token, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<GraphRevision> ApplyAsync(
        Func<StageGraphSpec<T>, StageGraphSpec<T>> describe, TimeSpan timeout, CancellationToken stop, CancellationToken user)
    {
        GraphParts<T> running = graph.Parts;
        using var report = new EditReport<T>(running, History, options.DeviceName, meter);
        GraphChange<T>? change = Prepare(describe, running, report);
        if (change is null)
        {
            return History.Find(running.Revision)!;
        }

        Dictionary<string, IStage<T>> made = report.Rejecting(() => StageMaker.Make(change.Wanted, change.ToMake, options.Accepts));
        GraphEdit<T>? edit = null;
        try
        {
            edit = report.Rejecting(() => end.TryBeginEdit() ? Build(change, made, report.Number) : throw Explain("", user));
            await RunAsync(edit, change, report, stop).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            StageMaker.DisposeAll(made.Values.Except(running.Hosts.Select(h => h.Stage)));
            if (edit is null)
            {
                throw;
            }

            Exception cause = e is OperationCanceledException && stop.IsCancellationRequested
                ? Explain($"{edit.WaitsFor} has not gone on within {timeout}", user)
                : new StageGraphException(running.Spec.Name, e);
            report.Failed(cause);
            throw cause;
        }

        StageMaker.DisposeAll(change.Leaving.Select(h => h.Stage).Except(graph.Parts.Hosts.Select(h => h.Stage)));
        return report.Applied(change.Wanted);
    }

    private GraphChange<T>? Prepare(
        Func<StageGraphSpec<T>, StageGraphSpec<T>> describe, GraphParts<T> running, EditReport<T> report)
    {
        StageGraphSpec<T> wanted = report.Rejecting(() => describe(running.Spec)
            ?? throw new ArgumentException("The edit gave no description.", nameof(describe)));
        StageGraphDiff diff = StageGraphDiff.Between(running.Spec, wanted);
        if (diff.IsEmpty)
        {
            return null;
        }

        report.Describe(diff);
        ImmutableArray<string> errors =
            [.. StageGraphValidator.Validate(wanted, options), .. ChangeRules.Check(running.Spec, wanted, diff, options)];
        report.Rejecting(() => errors.IsEmpty ? true : throw new StageGraphException(running.Spec.Name, errors));
        return new GraphChange<T>(running, wanted, diff);
    }

    private GraphEdit<T> Build(GraphChange<T> change, Dictionary<string, IStage<T>> made, long number)
    {
        var assembly = new GraphAssembly<T>(change.Wanted, options, factory);
        foreach (StageSpec<T> stage in change.Wanted.Stages)
        {
            if (change.Stays(stage.Name))
            {
                assembly.Keep(change.Running.ByName[stage.Name]);
                continue;
            }

            IStage<T> one = made.TryGetValue(stage.Name, out IStage<T>? fresh) ? fresh : change.Running.ByName[stage.Name].Stage;
            assembly.Host(stage, one, change.MeterFor(stage.Name, one));
            assembly.Hosts[stage.Name].Block.Rest();
        }

        assembly.CloseFused();
        return new GraphEdit<T>(change, new GraphSwap<T>(change, assembly, options, edges => graph.Publish(assembly.Parts(number, edges))));
    }

    // On the first shard: there a seeded world sees each step, and the graph does not end before the change has. Whoever waits for the
    // change goes on elsewhere.
    private Task RunAsync(GraphEdit<T> edit, GraphChange<T> change, EditReport<T> report, CancellationToken stop)
    {
        var drivers = new DriverChange(change.Running.Spec.Drivers, report.Diff.Drivers, options.ChangeDriver);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = Task.Factory.StartNew(
            async () =>
            {
                Exception? error = await RunAsync(edit, drivers, stop);
                report.Measured(edit.DrainedItems, edit.PauseTicks + drivers.PauseTicks);
                end.EndEdit();
                if (error is null)
                {
                    done.SetResult();
                }
                else
                {
                    done.SetException(error);
                }
            },
            CancellationToken.None, TaskCreationOptions.DenyChildAttach, options.Shards[0].Scheduler);
        return done.Task;
    }

    private static async Task<Exception?> RunAsync(GraphEdit<T> edit, DriverChange drivers, CancellationToken stop)
    {
        try
        {
            await drivers.ApplyAsync();
            await edit.RunAsync(stop);
            return null;
        }
#pragma warning disable CA1031 // whatever a stage throws when it is attached, or the owner when he changes a driver, is told to who asked
        catch (Exception e)
#pragma warning restore CA1031
        {
            await drivers.GoBackAsync();
            return e;
        }
    }

    private Exception Explain(string timedOut, CancellationToken user)
    {
        string name = graph.Spec.Name;
        return end.Exception is { } fault ? new InvalidOperationException($"Graph '{name}' has faulted: {fault.Message}", fault)
            : end.Ending.IsCancellationRequested ? new InvalidOperationException($"Graph '{name}' is ending and cannot be changed.")
            : user.IsCancellationRequested ? new OperationCanceledException($"The change of graph '{name}' was cancelled.", user)
            : new TimeoutException($"Graph '{name}' was not changed: {timedOut}.");
    }
}

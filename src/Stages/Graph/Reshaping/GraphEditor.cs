using System.Collections.Immutable;
using RdmaPipeline.Graph.Building;
using RdmaPipeline.Graph.Validation;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Reshaping;

/// <summary>Changes a running graph, one change at a time: describe, compare, check, build; then the edit; then tell about it.</summary>
#pragma warning disable CA1001 // a semaphore without a wait handle has nothing to give back
internal sealed class GraphEditor<T>(
    StageGraph<T> graph, StageGraphOptions options, BlockFactory factory, GraphEnd end, ReconfigurationMeter meter,
    StageDisposal<T> disposal)
    where T : class, IBurst
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _turn = new(1);

    public RevisionHistory<T> History { get; } = new(graph.Spec);

    public Task<GraphRevision> ApplyAsync(
        Func<StageGraphSpec<T>, StageGraphSpec<T>> describe, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var limits = new EditLimits(timeout, cancellationToken, end.Ending);
        if (limits.IsLate)
        {
            return RefuseAsync(limits);
        }

        var report = new EditReport<T>(graph.Parts, History, options.DeviceName, meter);
        Task entered = _turn.WaitAsync(limits.Stop);
        // Where nobody else changes the graph no other thread has a part in it: a seeded world stays one.
        return entered.IsCompletedSuccessfully
            ? ApplyInTurn(describe, report, limits)
            : WaitAndApplyAsync(entered, describe, report, limits);
    }

    private async Task<GraphRevision> RefuseAsync(EditLimits limits)
    {
        limits.Dispose();
        return await Task.FromException<GraphRevision>(Explain("", limits)).ConfigureAwait(false);
    }

    private async Task<GraphRevision> WaitAndApplyAsync(
        Task entered, Func<StageGraphSpec<T>, StageGraphSpec<T>> describe, EditReport<T> report, EditLimits limits)
    {
        try
        {
            await entered.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Exception cause = Explain("an earlier change has not ended", limits);
            report.Rejected(cause);
            report.Dispose();
            limits.Dispose();
            throw cause;
        }

        return await ApplyInTurn(describe, report, limits).ConfigureAwait(false);
    }

    private Task<GraphRevision> ApplyInTurn(
        Func<StageGraphSpec<T>, StageGraphSpec<T>> describe, EditReport<T> report, EditLimits limits)
    {
        GraphParts<T> running = graph.Parts;
        report.TakeTurn(running);
        MadeStages<T> made = MadeStages<T>.None;
        bool isBegun = false;
        try
        {
            GraphChange<T>? change = Prepare(describe, running, report);
            if (change is null)
            {
                report.Forget();
                End(report, limits);
                return Task.FromResult(History.Present);
            }

            made = StageMaker.Make(change.Wanted, change.ToMake, options.Required, change.Moving, change.Remaining);
            Refuse(made.Errors, made.First);
            isBegun = end.TryBeginEdit();
            GraphEdit<T> edit = isBegun ? Build(change, made, report.Number) : throw Explain("", limits);
            // Whoever waits for the change goes on elsewhere, not on the shard.
            var result = new TaskCompletionSource<GraphRevision>(TaskCreationOptions.RunContinuationsAsynchronously);
            // On the first shard: there a seeded world sees each step, and the graph does not end before the change has.
            _ = Task.Factory.StartNew(
                () => RunAsync(edit, change, made, report, limits, result),
                CancellationToken.None, TaskCreationOptions.DenyChildAttach, options.Shards[0].Scheduler);
            return result.Task;
        }
#pragma warning disable CA1031 // it is told to who asked
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (isBegun)
            {
                end.EndEdit();
            }

            return RejectAsync(e, made, report, limits);
        }
    }

    private async Task<GraphRevision> RejectAsync(Exception error, MadeStages<T> made, EditReport<T> report, EditLimits limits)
    {
        GraphRevision revision = report.Rejected(error);
        Task<string?> disposed = disposal.DisposeAsync(WithoutThoseInUse(made.ByName.Select(s => (s.Key, s.Value))));
        End(report, limits);
        await TellAsync(disposed, revision).ConfigureAwait(false);
        return await Task.FromException<GraphRevision>(error).ConfigureAwait(false);
    }

    private void End(EditReport<T> report, EditLimits limits)
    {
        report.Dispose();
        limits.Dispose();
        _turn.Release();
    }

    private async Task RunAsync(
        GraphEdit<T> edit, GraphChange<T> change, MadeStages<T> made, EditReport<T> report, EditLimits limits,
        TaskCompletionSource<GraphRevision> result)
    {
        var drivers = new DriverChange(change.Running.Spec.Drivers, report.Diff.Drivers, options.ChangeDriver);
        Exception? error = await RunAsync(edit, drivers, limits.Stop);
        report.Measured(edit.DrainedItems, edit.PauseTicks + drivers.PauseTicks);
        Exception? cause = error is null ? null
            : error is OperationCanceledException && limits.Stop.IsCancellationRequested
                ? Explain($"{edit.WaitsFor ?? "the last of it"} has not gone on", limits)
            : StageGraphException.TakenBack(graph.Spec.Name, error.Message, error is EditStepException ? error.InnerException! : error);
        GraphRevision revision = cause is null ? report.Applied(change.Wanted) : report.Failed(cause);
        Task<string?> disposed = disposal.DisposeAsync(WithoutThoseInUse(
            cause is null ? change.Leaving.Select(h => (h.Name, h.Stage)) : made.ByName.Select(s => (s.Key, s.Value))));
        // The graph goes on, to the next change too, however long it takes to dispose of what it has no more use for.
        end.EndEdit();
        End(report, limits);
        revision = await TellAsync(disposed, revision).ConfigureAwait(false);
        if (cause is null)
        {
            result.SetResult(revision);
        }
        else
        {
            result.SetException(cause);
        }
    }

    private async Task<GraphRevision> TellAsync(Task<string?> disposed, GraphRevision revision) =>
        await disposed.ConfigureAwait(false) is { } error ? History.Amend(revision, error) : revision;

    // Taken now: before the next change puts one of them in, and not when they are disposed.
    private (string Name, IStage<T> Stage)[] WithoutThoseInUse(IEnumerable<(string Name, IStage<T> Stage)> stages)
    {
        HashSet<IStage<T>> used = [.. graph.Parts.Hosts.Select(h => h.Stage)];
        return [.. stages.Where(s => !used.Contains(s.Stage))];
    }

    private async Task<Exception?> RunAsync(GraphEdit<T> edit, DriverChange drivers, CancellationToken stop)
    {
        try
        {
            await drivers.ApplyAsync();
            await edit.RunAsync(stop);
            return null;
        }
#pragma warning disable CA1031 // whatever a stage throws when it is attached, or the owner when he changes a driver, is told to who asked
        catch (Exception e)
        {
            try
            {
                await drivers.GoBackAsync();
            }
            catch (Exception second)
#pragma warning restore CA1031
            {
                end.Fault(stage: null, second);
            }

            return e;
        }
    }

    private GraphChange<T>? Prepare(
        Func<StageGraphSpec<T>, StageGraphSpec<T>> describe, GraphParts<T> running, EditReport<T> report)
    {
        StageGraphSpec<T> wanted = describe(running.Spec)
            ?? throw new ArgumentException("The edit gave no description.", nameof(describe));
        if (GapRules.Check(wanted).Any())
        {
            Refuse(StageGraphValidator.Validate(wanted));
        }

        StageGraphDiff diff = StageGraphDiff.Between(running.Spec, wanted);
        report.Describe(diff);
        Refuse([.. StageGraphValidator.Validate(wanted, options), .. ChangeRules.Check(running.Spec, wanted, diff, options)]);
        return diff.IsEmpty ? null : new GraphChange<T>(running, wanted, diff);
    }

    private void Refuse(ImmutableArray<string> errors, Exception? inner = null)
    {
        if (!errors.IsEmpty)
        {
            throw StageGraphException.Refused(graph.Spec.Name, errors, inner);
        }
    }

    private GraphEdit<T> Build(GraphChange<T> change, MadeStages<T> made, long number)
    {
        var assembly = new GraphAssembly<T>(change.Wanted, options, factory);
        foreach (StageSpec<T> stage in change.Wanted.Stages)
        {
            if (change.Stays(stage.Name))
            {
                assembly.Keep(change.Running.ByName[stage.Name]);
                continue;
            }

            IStage<T> one = made.ByName.TryGetValue(stage.Name, out IStage<T>? fresh)
                ? fresh
                : change.Running.ByName[stage.Name].Stage;
            try
            {
                options.Stepping?.Invoke(EditStep.Build);
                assembly.Host(stage, one, change.MeterFor(stage.Name, one));
            }
#pragma warning disable CA1031 // it is told to who asked
            catch (Exception e)
#pragma warning restore CA1031
            {
                Refuse([$"No block could be made for stage '{stage.Name}': {e.Message}"], e);
            }

            assembly.Hosts[stage.Name].Block.Rest();
        }

        assembly.CloseFused();
        return new GraphEdit<T>(change, new GraphSwap<T>(change, assembly, options, graph.Publish, number), options.Stepping, end);
    }

    private Exception Explain(string timedOut, EditLimits limits)
    {
        string name = graph.Spec.Name;
        string place = end.FaultedIn is { } stage ? $" in '{stage}'" : "";
        return end.Exception is { } fault ? new InvalidOperationException($"Graph '{name}' has faulted{place}: {fault.Message}", fault)
            : end.Ending.IsCancellationRequested ? new InvalidOperationException($"Graph '{name}' is ending and cannot be changed.")
            : limits.User.IsCancellationRequested
                ? new OperationCanceledException($"The change of graph '{name}' was cancelled.", limits.User)
            : new TimeoutException($"Graph '{name}' was not changed: {timedOut} within {limits.Timeout}.");
    }
}

using RdmaPipeline.Graph.Blocks;
using RdmaPipeline.Graph.Building;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Reshaping;

/// <summary>
/// One change of a running graph: pause just upstream of it, let what is inside go on, attach the new stages, exchange, go on. Runs on a
/// shard, so that a seeded world decides about it as about everything else; what belongs to another shard is done there.
/// </summary>
/// <remarks>
/// The old blocks rest and drain, and completed only when the new ones have taken their place: a block that was told to complete
/// cannot be told to go on, and a change may fail, be cancelled or run out of time while a medium does not take the last burst. So going
/// back is no second change: the edges lead where they led, the gates open, the pumps go on, nothing else has happened.
/// </remarks>
internal sealed class GraphEdit<T>(GraphChange<T> change, GraphSwap<T> swap, Action<EditStep>? stepping, GraphEnd end)
    where T : class, IBurst
{
    private readonly List<(StageHost<T> Old, IStage<T> Stage)> _attached = [];
    private DrainWatch? _waiting;

    /// <summary>What the change waits for, in words; null when for nothing.</summary>
    public string? WaitsFor => _waiting?.What;

    /// <summary>Items that were under way and have gone on first.</summary>
    public long DrainedItems { get; private set; }

    /// <summary>How long the changed part stood still, in ticks of the telemetry's clock.</summary>
    public long PauseTicks { get; private set; }

    /// <summary>Changes the graph, or throws and leaves it as it was.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        long start = StageMeter.ReadClock();
        try
        {
            await PauseAndDrainAsync(stop);
            await AttachAsync();
            stop.ThrowIfCancellationRequested();
            await swap.RelinkAsync(stepping);
        }
        catch
        {
            await GoBackAsync();
            Measure(start);
            throw;
        }

        await swap.OpenAsync();
        Measure(start);
    }

    private void Measure(long start) => PauseTicks = change.StandsStill ? StageMeter.ReadClock() - start : 0;

    // Upstream first, one stage after the other: what has drained stays so, for nothing is let in any more; and no gate closes on a stage
    // that something has yet to drain into.
    private async Task PauseAndDrainAsync(CancellationToken stop)
    {
        DrainedItems = change.CountItems();
        foreach (StageHost<T> host in change.UpstreamFirst)
        {
            if (!change.Stays(host.Name))
            {
                await DrainBlockAsync(host.Block, stop);
            }
            else if (host is StageBlock<T> block)
            {
                await DrainEdgesAsync(block, stop);
                await PauseAsync(block);
            }
        }

        _waiting = null;
    }

    private async Task DrainBlockAsync(IGraphBlock block, CancellationToken stop)
    {
        StageHost<T>[] leaving = [.. change.Leaving.Where(h => h.Block == block)];
        await DrainAsync(
            block,
            () =>
            {
                block.Rest();
                Array.ForEach(leaving, h => h.GiveOut());
            },
            new DrainWatch($"what is in '{block.Name}'", () => block.IsEmpty && Array.TrueForAll(leaving, h => h.Held.Bursts == 0)),
            stop);
    }

    private async Task DrainEdgesAsync(StageBlock<T> target, CancellationToken stop)
    {
        OutputPort<T>[] ports = [.. change.BrokenEdges.OfType<BlockEdge<T>>().Where(e => e.Target == target).Select(e => e.Port)];
        if (ports.Length != 0)
        {
            string sources = string.Join(", ", ports.Select(p => $"'{p.Owner.Name}'"));
            await DrainAsync(
                target,
                () => Array.ForEach(ports, target.Forget),
                new DrainWatch(
                    $"what '{target.Name}' has from {sources}", () => Array.TrueForAll(ports, p => target.CountQueued(p).Bursts == 0)),
                stop);
        }
    }

    private async Task PauseAsync(StageBlock<T> source)
    {
        Edge<T>[] edges = [.. change.BrokenEdges.Where(e => e.From == source)];
        if (edges.Length != 0)
        {
            await Shards.Run(source.Scheduler, () =>
            {
                Step(EditStep.Pause, $"'{source.Name}' could not be paused");
                Array.ForEach(edges, e => e.Gate.Pause());
            });
        }
    }

    private async Task DrainAsync(IGraphBlock block, Action before, DrainWatch watch, CancellationToken stop)
    {
        _waiting = watch;
        await Shards.Run(block.Scheduler, () =>
        {
            Step(EditStep.Drain, $"{watch.What} could not be waited for");
            before();
            if (!watch.Check())
            {
                block.Watch(watch);
            }
        });
        await watch.WaitAsync(stop);
    }

    private async Task AttachAsync()
    {
        foreach (StageHost<T> host in swap.Coming)
        {
            StageHost<T>? old = change.Running.ByName.GetValueOrDefault(host.Name);
            var giver = old?.Stage == host.Stage ? null : old?.Stage as IStatefulStage;
            object? state = null;
            if (giver is not null && host.Stage is IStatefulStage)
            {
                string what = $"Stage '{host.Name}' could not give its state to the one that was to take its place";
                await Shards.Run(old!.Scheduler, () => EditStepException.Do(what, () => state = giver.SaveState()));
            }

            await Shards.Run(host.Scheduler, () =>
            {
                if (old?.Stage == host.Stage)
                {
                    _attached.Add((old, host.Stage));
                }

                Step(EditStep.HandOver, $"Stage '{host.Name}' could not be handed over");
                EditStepException.Do($"Stage '{host.Name}' could not be attached", () => host.Stage.Attach(host));
                if (giver is not null && host.Stage is IStatefulStage taker)
                {
                    EditStepException.Do($"Stage '{host.Name}' could not take over the state", () => taker.RestoreState(state));
                }
            });
        }
    }

    private void Step(EditStep step, string failed)
    {
        if (stepping is not null)
        {
            EditStepException.Do(failed, () => stepping(step));
        }
    }

    private async Task GoBackAsync()
    {
        await swap.UndoAsync(end);
        foreach ((StageHost<T> old, IStage<T> stage) in _attached)
        {
            await Shards.Run(old.Scheduler, () => AttachAgain(stage, old));
        }

        foreach (IGrouping<ShardScheduler, StageHost<T>> shard in OnShards(change.Running.Hosts))
        {
            await Shards.Run(shard.Key, () => GoBack(shard));
        }
    }

    // Where a stage does not come back to its block there is no graph to go on with; but it ends, and nobody waits for it for ever.
    private void AttachAgain(IStage<T> stage, StageHost<T> old)
    {
        try
        {
            stage.Attach(old);
        }
#pragma warning disable CA1031 // a bug of the stage, as in any other call of it
        catch (Exception e)
#pragma warning restore CA1031
        {
            end.Fault(old.Name, e);
        }
    }

    private void GoBack(IGrouping<ShardScheduler, StageHost<T>> shard)
    {
        foreach (IGraphBlock block in shard.Select(h => h.Block).Distinct())
        {
            block.Watch(null);
        }

        foreach (StageHost<T> host in change.Going.Where(h => h.Scheduler == shard.Key))
        {
            host.Block.GoOn();
            host.Wake(); // a stage that was moved may have been woken where it is not any more
        }

        foreach (Edge<T> edge in change.BrokenEdges.Where(e => e.From.Scheduler == shard.Key))
        {
#if !CANARY_FORGOTTEN_PAUSE
            edge.Gate.Resume();
#endif
        }
    }

    private static IEnumerable<IGrouping<ShardScheduler, StageHost<T>>> OnShards(IEnumerable<StageHost<T>> hosts) =>
        hosts.GroupBy(h => h.Scheduler);
}

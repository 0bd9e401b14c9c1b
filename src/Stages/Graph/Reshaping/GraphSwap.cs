using RdmaPipeline.Graph.Building;

namespace RdmaPipeline.Graph.Reshaping;

/// <summary>
/// The exchange itself, when everything is still and the new stages are attached. Until the first gate opens nothing has moved, and all of
/// it can be undone; opening them does not fail.
/// </summary>
internal sealed class GraphSwap<T>(
    GraphChange<T> change, GraphAssembly<T> assembly, StageGraphOptions options, Func<GraphParts<T>, GraphParts<T>> publish, long number)
    where T : class, IBurst
{
    private GraphParts<T>? _parts;
    private bool _isBegun;

    /// <summary>The new hosts, at rest.</summary>
    public IEnumerable<StageHost<T>> Coming => change.Coming.Select(s => assembly.Hosts[s.Name]);

    private ShardScheduler[] Schedulers => [.. options.Shards.Select(s => s.Scheduler)];

    /// <summary>Leads edges and doorbells to the new blocks, behind closed gates.</summary>
    public async Task RelinkAsync(Action<EditStep>? stepping)
    {
        _isBegun = true;
        var edges = new Dictionary<EdgeSpec, Edge<T>>();
        foreach (ShardAssignment shard in options.Shards)
        {
            await Shards.Run(shard.Scheduler, () => EditStepException.Do($"Shard {shard.Shard} could not be linked anew", () =>
            {
                LinkAll(shard.Scheduler, edges);
                stepping?.Invoke(EditStep.Swap);
            }));
        }

        Silence(change.Running.Spec, change.Wanted);
        _parts = publish(assembly.Parts(number, [.. change.Wanted.Edges.Select(e => edges[e])]));
        foreach (ShardAssignment shard in options.Shards)
        {
            await Shards.Run(shard.Scheduler, () => EditStepException.Do($"Shard {shard.Shard} could not be told of its new stages", () =>
            {
                options.Relinked?.Invoke(shard.Shard);
                stepping?.Invoke(EditStep.Swap);
            }));
        }

        EditStepException.Do("The graph could not go on", () => stepping?.Invoke(EditStep.Resume));
    }

    /// <summary>Opens the gates, and ends the old blocks.</summary>
    public async Task OpenAsync()
    {
        foreach (ShardScheduler shard in Schedulers)
        {
            await Shards.Run(shard, () => Open(shard, _parts!));
        }
    }

    /// <summary>Leads edges and doorbells back to the old blocks, behind closed gates, and ends the new blocks.</summary>
    /// <param name="end">Told when that cannot be done: then the graph ends.</param>
    public async Task UndoAsync(GraphEnd end)
    {
        if (_isBegun)
        {
            foreach (ShardScheduler shard in Schedulers)
            {
                await Shards.Run(shard, () => LinkBack(shard));
            }

            Silence(change.Wanted, change.Running.Spec);
        }

        if (_parts is not null)
        {
            publish(change.Running);
            foreach (ShardAssignment shard in options.Shards)
            {
                await Shards.Run(shard.Scheduler, () => TellAgain(shard.Shard, end));
            }
        }

        foreach (StageHost<T> host in Coming)
        {
            await Shards.Run(host.Scheduler, host.Block.Retire);
        }
    }

    // Doorbells that only the first of the two has wake nobody any more.
    private static void Silence(StageGraphSpec<T> before, StageGraphSpec<T> now)
    {
        foreach (DoorbellSpec bell in before.Doorbells.Where(o => now.Doorbells.All(b => b.Doorbell != o.Doorbell)))
        {
            bell.Doorbell.Connect(wake: null);
        }
    }

    private void LinkAll(ShardScheduler shard, Dictionary<EdgeSpec, Edge<T>> edges)
    {
        foreach (EdgeSpec wanted in change.Wanted.Edges.Where(e => assembly.Hosts[e.From].Scheduler == shard))
        {
            Edge<T>? old = Array.Find(change.Running.Edges, e => e.Spec.Joins(wanted));
            if (old is not null && change.Stays(old))
            {
                old.Resize(wanted);
                edges[wanted] = old;
            }
            else
            {
                edges[wanted] = assembly.Link(wanted, old, paused: change.Stays(wanted.From));
            }
        }

        foreach (DoorbellSpec bell in change.Wanted.Doorbells.Where(b => assembly.Hosts[b.To].Scheduler == shard))
        {
            bell.Doorbell.Connect(assembly.Hosts[bell.To].Wake);
        }

        foreach (StageBlock<T> block in assembly.Hosts.Values.OfType<StageBlock<T>>().Where(b => b.Scheduler == shard))
        {
            block.Resize(assembly.CapacityOf(block.Name));
        }
    }

    private void LinkBack(ShardScheduler shard)
    {
        GraphParts<T> running = change.Running;
        foreach ((Edge<T> edge, EdgeSpec spec) in running.Edges.Zip(running.Spec.Edges).Where(e => e.First.From.Scheduler == shard))
        {
            edge.Restore(spec);
        }

        foreach (DoorbellSpec bell in running.Spec.Doorbells.Where(b => running.ByName[b.To].Scheduler == shard))
        {
            bell.Doorbell.Connect(running.ByName[bell.To].Wake);
        }

        foreach (StageBlock<T> block in running.Hosts.OfType<StageBlock<T>>().Where(b => b.Scheduler == shard))
        {
            block.Resize(GraphAssembly<T>.CapacityOf(running.Spec, block.Name));
        }
    }

    private void TellAgain(int shard, GraphEnd end)
    {
        try
        {
            options.Relinked?.Invoke(shard);
        }
#pragma warning disable CA1031 // who cannot be told where his stages are has no graph any more
        catch (Exception e)
#pragma warning restore CA1031
        {
            end.Fault($"shard {shard}", e);
        }
    }

    private void Open(ShardScheduler shard, GraphParts<T> parts)
    {
        foreach (StageHost<T> host in Coming.Where(h => h.Scheduler == shard))
        {
            host.Block.GoOn();
            host.Wake(); // what has rung meanwhile has rung at the block before
        }

        foreach (Edge<T> edge in parts.Edges.Where(e => e.From.Scheduler == shard))
        {
            edge.Gate.Resume();
        }

        foreach (IGraphBlock block in change.GoingBlocks.Where(b => b.Scheduler == shard))
        {
            block.Retire();
        }
    }
}

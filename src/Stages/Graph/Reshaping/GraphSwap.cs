using RdmaPipeline.Graph.Building;

namespace RdmaPipeline.Graph.Reshaping;

/// <summary>The exchange itself, when everything is still and the new stages are attached: from here on nothing fails.</summary>
internal sealed class GraphSwap<T>(
    GraphChange<T> change, GraphAssembly<T> assembly, StageGraphOptions options, Func<Edge<T>[], GraphParts<T>> publish)
    where T : class, IBurst
{
    /// <summary>The new hosts, at rest.</summary>
    public IEnumerable<StageHost<T>> Coming => change.Coming.Select(s => assembly.Hosts[s.Name]);

    private ShardScheduler[] Schedulers => [.. options.Shards.Select(s => s.Scheduler)];

    public async Task RunAsync()
    {
        var edges = new Dictionary<EdgeSpec, Edge<T>>();
        foreach (ShardScheduler shard in Schedulers)
        {
            await Shards.Run(shard, () => LinkAll(shard, edges));
        }

        foreach (DoorbellSpec bell in change.Running.Spec.Doorbells.Where(o => change.Wanted.Doorbells.All(b => b.Doorbell != o.Doorbell)))
        {
            bell.Doorbell.Connect(wake: null);
        }

        GraphParts<T> parts = publish([.. change.Wanted.Edges.Select(e => edges[e])]);
        foreach (ShardAssignment shard in options.Shards)
        {
            await Shards.Run(shard.Scheduler, () => options.Relinked?.Invoke(shard.Shard));
        }

        foreach (ShardScheduler shard in Schedulers)
        {
            await Shards.Run(shard, () => Open(shard, parts));
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

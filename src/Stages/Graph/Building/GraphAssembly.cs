using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Graph.Blocks;
using RdmaPipeline.Graph.Fused;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Building;

/// <summary>Makes the blocks of a description, links them, and attaches the stages when everything is in place.</summary>
internal sealed class GraphAssembly<T>(StageGraphSpec<T> spec, StageGraphOptions options, BlockFactory factory)
    where T : class, IBurst
{
    private readonly StageOwner _owner = new(options.Meters, options.DeviceName, spec.Name);
    private readonly Dictionary<string, StageHost<T>> _hosts = [];
    private readonly Dictionary<string, IDataflowBlock> _blocks = [];
    private readonly Dictionary<string, string> _blockOf = [];
    private readonly Dictionary<int, FusedShard<T>> _fused = [];

    public GraphParts<T> Assemble(Dictionary<string, IStage<T>> stages)
    {
        foreach (StageSpec<T> stage in spec.Stages)
        {
            IStage<T> made = stages[stage.Name];
            StageHost<T> host = spec.HopOf(stage) == HopPolicy.Fused ? MakeFused(stage, made) : MakeBlock(stage, made);
            host.Services = options.Shards.First(s => s.Shard == stage.Shard).Services;
            _hosts[stage.Name] = host;
        }

        Edge<T>[] edges = [.. spec.Edges.Select(Link)];
        foreach (FusedShard<T> shard in _fused.Values)
        {
            shard.Host(DownstreamFirst().OfType<FusedHost<T>>().Where(h => h.Shard == shard));
        }

        return new GraphParts<T>([.. spec.Stages.Select(s => _hosts[s.Name])], _hosts, edges, _blocks, _blockOf);
    }

    /// <summary>Lets the stages know their hosts and the doorbells whom to wake: from here on the graph runs.</summary>
    public void Attach()
    {
        foreach (StageHost<T> host in _hosts.Values)
        {
            host.Stage.Attach(host);
        }

        foreach (DoorbellSpec bell in spec.Doorbells)
        {
            bell.Doorbell.Connect(_hosts[bell.To].Wake);
        }
    }

    private ShardScheduler SchedulerOf(StageSpec<T> stage) => options.Shards.First(s => s.Shard == stage.Shard).Scheduler;

    private bool HasDoorbell(StageSpec<T> stage) => spec.Doorbells.Any(b => b.To == stage.Name);

    private StageBlock<T> MakeBlock(StageSpec<T> description, IStage<T> stage)
    {
        StageBlock<T> block = factory.Make(stage, new StageBlockOptions
        {
            Scheduler = SchedulerOf(description),
            Name = description.Name,
            Owner = _owner,
            Capacity = Math.Max(1, spec.Edges.Where(e => e.To == description.Name).Sum(e => e.Capacity)),
            Hop = spec.HopOf(description),
            DrainPump = HasDoorbell(description),
        });
        _blocks[description.Name] = block;
        _blockOf[description.Name] = description.Name;
        return block;
    }

    private FusedHost<T> MakeFused(StageSpec<T> description, IStage<T> stage)
    {
        string name = $"shard {description.Shard}";
        if (!_fused.TryGetValue(description.Shard, out FusedShard<T>? shard))
        {
            _fused[description.Shard] = shard = factory.MakeFused<T>(name, SchedulerOf(description));
            _blocks[name] = shard;
        }

        _blockOf[description.Name] = name;
        return new FusedHost<T>(stage, description.Name, shard, _owner, HasDoorbell(description));
    }

    private Edge<T> Link(EdgeSpec edge)
    {
        int port = spec.Find(edge.From)!.Outputs.IndexOf(edge.Port);
        if (_hosts[edge.From] is FusedHost<T> from)
        {
            return new FusedEdge<T>(edge, from, (FusedHost<T>)_hosts[edge.To], port);
        }

        var target = (StageBlock<T>)_hosts[edge.To];
        OutputPort<T> output = ((StageBlock<T>)_hosts[edge.From]).Ports[port];
        var link = new BlockEdge<T>(edge, output, target);
        output.LinkTo(target, new DataflowLinkOptions()); // the graph counts inputs itself: it does not propagate completion over links
        return link;
    }

    private List<StageHost<T>> DownstreamFirst()
    {
        var ordered = new List<StageHost<T>>();
        var seen = new HashSet<string>();
        foreach (StageSpec<T> stage in spec.Stages)
        {
            Visit(stage.Name, seen, ordered);
        }

        return ordered;
    }

    private void Visit(string stage, HashSet<string> seen, List<StageHost<T>> ordered)
    {
        if (!seen.Add(stage))
        {
            return;
        }

        foreach (EdgeSpec edge in spec.Edges.Where(e => e.From == stage))
        {
            Visit(edge.To, seen, ordered);
        }

        ordered.Add(_hosts[stage]);
    }
}

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
    private readonly Dictionary<int, FusedShard<T>> _fused = [];

    /// <summary>The hosts by name.</summary>
    public IReadOnlyDictionary<string, StageHost<T>> Hosts => _hosts;

    /// <summary>Makes a whole graph.</summary>
    public GraphParts<T> Assemble(IReadOnlyDictionary<string, IStage<T>> stages)
    {
        foreach (StageSpec<T> stage in spec.Stages)
        {
            Host(stage, stages[stage.Name], meter: null);
        }

        CloseFused();
        return Parts(revision: 1, [.. spec.Edges.Select(e => Link(e, previous: null, paused: false))]);
    }

    /// <summary>The graph of all its hosts and these edges.</summary>
    public GraphParts<T> Parts(long revision, Edge<T>[] edges) =>
        new(spec, revision, [.. spec.Stages.Select(s => _hosts[s.Name])], _hosts, edges);

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

    /// <summary>Takes over a host that runs already.</summary>
    public void Keep(StageHost<T> host) => _hosts[host.Name] = host;

    /// <summary>Makes the host of a stage.</summary>
    /// <param name="description">The stage's description.</param>
    /// <param name="stage">The stage, not attached yet.</param>
    /// <param name="meter">The meter that goes on; null for a new one.</param>
    public void Host(StageSpec<T> description, IStage<T> stage, StageMeter? meter)
    {
        bool isFused = spec.HopOf(description) == HopPolicy.Fused;
        StageHost<T> host = isFused ? MakeFused(description, stage, meter) : MakeBlock(description, stage, meter);
        host.DropObserver = options.Drops;
        host.Observer = options.Observer;
        host.Services = options.Shards.First(s => s.Shard == description.Shard).Services;
        _hosts[description.Name] = host;
    }

    /// <summary>Tells the fused shards that were made here what they consist of; call it when all hosts are made.</summary>
    public void CloseFused()
    {
        foreach (FusedShard<T> shard in _fused.Values)
        {
            shard.Host(DownstreamFirst().OfType<FusedHost<T>>().Where(h => h.Shard == shard));
        }
    }

    /// <summary>Links the two ends of an edge.</summary>
    /// <param name="edge">Its description.</param>
    /// <param name="previous">The edge between the same ports that this one takes the place of, if there is one: its counts go on.</param>
    /// <param name="paused">Whether its gate is closed for a change of the graph.</param>
    public Edge<T> Link(EdgeSpec edge, Edge<T>? previous, bool paused)
    {
        int port = spec.Find(edge.From)!.Outputs.IndexOf(edge.Port);
        if (_hosts[edge.From] is FusedHost<T> from)
        {
            return new FusedEdge<T>(edge, from, (FusedHost<T>)_hosts[edge.To], port, previous);
        }

        OutputPort<T> output = ((StageBlock<T>)_hosts[edge.From]).Ports[port];
        var link = new BlockEdge<T>(edge, output, (StageBlock<T>)_hosts[edge.To], previous);
        if (paused)
        {
            link.Gate.Pause();
        }

        output.Connect(link);
        return link;
    }

    /// <summary>What a block with these edges holds.</summary>
    public int CapacityOf(string stage) => CapacityOf(spec, stage);

    /// <summary>What the block of a stage holds under a description.</summary>
    public static int CapacityOf(StageGraphSpec<T> described, string stage) =>
        Math.Max(1, described.Edges.Where(e => e.To == stage).Sum(e => e.Capacity));

    private ShardScheduler SchedulerOf(StageSpec<T> stage) => options.SchedulerOf(stage.Shard);

    private bool HasDoorbell(StageSpec<T> stage) => spec.Doorbells.Any(b => b.To == stage.Name);

    private StageBlock<T> MakeBlock(StageSpec<T> description, IStage<T> stage, StageMeter? meter) => factory.Make(
        stage,
        new StageBlockOptions
        {
            Scheduler = SchedulerOf(description),
            Name = description.Name,
            Owner = _owner,
            Capacity = CapacityOf(description.Name),
            Hop = spec.HopOf(description),
            DrainPump = HasDoorbell(description),
        },
        meter);

    private FusedHost<T> MakeFused(StageSpec<T> description, IStage<T> stage, StageMeter? meter)
    {
        if (!_fused.TryGetValue(description.Shard, out FusedShard<T>? shard))
        {
            _fused[description.Shard] = shard = factory.MakeFused<T>($"shard {description.Shard}", SchedulerOf(description));
        }

        return new FusedHost<T>(stage, description.Name, shard, _owner, HasDoorbell(description), meter);
    }

    private List<StageHost<T>> DownstreamFirst() => [.. Downstream.First(spec).Where(_hosts.ContainsKey).Select(n => _hosts[n])];
}

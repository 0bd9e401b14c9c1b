using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport.Metrics;
using RdmaPipeline.Transport.Tracing;

namespace RdmaPipeline.Transport;

/// <summary>Builds what a pipeline consists of: shards, their drivers, and the graph on them.</summary>
internal sealed class PipelineParts
{
    private readonly IPacketBackend _backend;
    private readonly DeviceOptions _options;
    private readonly SeededShards? _world;
    private readonly BackendTraffic _traffic;
    private readonly MulticastTable _groups;
    private readonly DeviceMeasures _measures;
    private readonly DeviceSeams _seams;

    /// <summary>Prepares the parts; a seeded driver without a world gets one of its own.</summary>
    public PipelineParts(IPacketBackend backend, MulticastTable groups, DeviceOptions options, DeviceMeasures measures, DeviceSeams seams)
    {
        (_measures, _seams) = (measures, seams);
        _backend = backend;
        _groups = groups;
        _options = options;
        Tracer = new DeviceTracer(options, backend.Description.Name, seams.Drops);
        _traffic = new BackendTraffic(backend, options);
        if (GraphPresets.DriverOf(options) == ShardDriverKind.Seeded)
            _world = seams.World ?? new SeededShards((ulong)(options.Seed ?? Random.Shared.Next()));
    }

    /// <summary>What the tracers of all queue pairs share.</summary>
    public DeviceTracer Tracer { get; }

    /// <summary>Makes the shards with what their stages need.</summary>
    public ShardStages[] MakeShards(QueuePairTable table, int maxSegments)
    {
        var limits = new PullLimits(_options.PacketsPerTurn, maxSegments, _backend.Codec.FrameOverhead);
        return
        [
            .. Enumerable.Range(0, _options.ShardCount).Select(index => new ShardStages(
                MakeShard(index, table),
                index == 0 ? _backend.Pool : new PacketPool(),
                index == 0 ? _backend.Codec : _backend.Codec.Fork(),
                limits,
                _groups,
                _measures)),
        ];
    }

    /// <summary>Builds the graph and connects it to the back-end.</summary>
    /// <param name="shards">The shards.</param>
    /// <param name="table">The queue pairs.</param>
    /// <param name="faulted">Told when a stage has thrown.</param>
    /// <param name="changeDriver">Gives a shard another driver.</param>
    public StageGraph<PacketBurst> BuildGraph(
        IReadOnlyList<ShardStages> shards, QueuePairTable table, Action<Exception> faulted, Func<int, ShardDriverKind, Task> changeDriver)
    {
        var described = GraphPresets.Describe(_backend, shards, table, _options, Tracer);
        var spec = _options.Graph?.Invoke(described) ?? described;
        StageGraph<PacketBurst>? graph = null;
        graph = StageGraph<PacketBurst>.Build(spec, new StageGraphOptions
        {
            Shards = [.. shards.Select(stages => new ShardAssignment(stages.Shard.Index, stages.Shard.Scheduler) { Services = stages })],
            DeviceName = _backend.Description.Name,
            Meters = _measures.Meters,
            Drops = Tracer,
            Observer = Tracer,
            Faulted = (_, fault) => faulted(fault),
            ChangeDriver = changeDriver,
            Relinked = shard => Connect(graph!, shards[shard]),
            Stepping = _seams.Stepping,
            Required = [.. described.Stages.Select(stage => new RequiredStage(stage.Name, stage.Shard, TypeOf(stage.Name)))],
        });
        Tracer.Revision = () => graph.Revision;
        foreach (var stages in shards)
            Connect(graph, stages);
        return graph;
    }

    /// <summary>Starts the driver of a shard.</summary>
    public ShardDriver StartDriver(Shard shard, ShardDriverKind kind, Action<Exception> faulted) => _world is not null
        ? _world.CreateDriver(shard.Scheduler, shard, faulted)
        : ShardDriver.Start(kind, shard.Scheduler, shard, faulted);

    // What others than the graph call directly. Whoever takes the place of one of these has to be one too.
    private static Type? TypeOf(string stage) => stage.Split('.')[0] switch
    {
        StageNames.Receive => typeof(IPumpStage<PacketBurst>),
        StageNames.Send => typeof(SendStage),
        StageNames.Encode => typeof(EncodeStage),
        StageNames.Requester => typeof(RequesterStage),
        StageNames.AckGenerator => typeof(AckGeneratorStage),
        _ => null,
    };

    private void Connect(StageGraph<PacketBurst> graph, ShardStages stages)
    {
        if (stages.Shard.Index == 0)
            _traffic.Connect(graph[StageNames.Receive], (SendStage)graph[StageNames.Send].Stage);
        stages.Shard.Connect(graph[stages.Name(StageNames.AckGenerator)]);
    }

    private Shard MakeShard(int index, QueuePairTable table)
    {
        string name = $"{_backend.Description.Name} shard {index}";
        var scheduler = _world?.CreateScheduler(name) ?? new ShardScheduler(name);
        IShardTraffic traffic = index == 0 ? _traffic : new ShardSignal();
        return new Shard(index, scheduler, table, traffic, _options, _measures, Tracer);
    }
}

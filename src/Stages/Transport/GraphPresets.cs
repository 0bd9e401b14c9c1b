using System.Collections.Immutable;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport.Tracing;

namespace RdmaPipeline.Transport;

/// <summary>The presets as data: which hop policy, which driver, and the description of the graph, which is the same for all.</summary>
internal static class GraphPresets
{
    private static readonly Dictionary<PipelinePreset, (HopPolicy Hop, ShardDriverKind Driver)> Table = new()
    {
        [PipelinePreset.Staged] = (HopPolicy.Inline, ShardDriverKind.Hybrid),
        [PipelinePreset.Queued] = (HopPolicy.Queued, ShardDriverKind.Hybrid),
        [PipelinePreset.Fused] = (HopPolicy.Fused, ShardDriverKind.Hybrid),
        [PipelinePreset.Polling] = (HopPolicy.Inline, ShardDriverKind.Polling),
        [PipelinePreset.Simulated] = (HopPolicy.Queued, ShardDriverKind.Seeded),
    };

    /// <summary>How bursts hop.</summary>
    public static HopPolicy HopOf(PipelinePreset preset) => Table[preset].Hop;

    /// <summary>Who runs the shards if nobody says otherwise.</summary>
    public static ShardDriverKind DriverOf(PipelinePreset preset) => Table[preset].Driver;

    /// <summary>Who runs the shards of a device.</summary>
    public static ShardDriverKind DriverOf(DeviceOptions options) => options.Driver ?? DriverOf(options.Preset);

    /// <summary>
    /// Describes the graph of a device: receive and send on the first shard, decode behind receive, and on each shard dispatch, responder,
    /// completer, requester, ack generator and encode. Several shards are fed by a route stage.
    /// </summary>
    public static StageGraphSpec<PacketBurst> Describe(
        IPacketBackend backend, IReadOnlyList<ShardStages> shards, QueuePairTable table, DeviceOptions options, DeviceTracer tracer)
    {
        var graph = new StageGraphBuilder<PacketBurst>(backend.Description.Name, options.Preset.ToString(), HopOf(options.Preset))
            .Source(StageNames.Receive, () => new ReceiveStage(backend, tracer))
            .Stage(new StageSpec<PacketBurst>
            {
                Name = StageNames.Decode,
                Factory = () => new DecodeStage(backend.Codec, backend.Pool, shards[0].Measures.TimeIcrcChecking()),
                Capacity = options.EdgeCapacity,
            });
        foreach (var shard in shards)
            shard.AddTo(graph, table, options.EdgeCapacity);
        graph.Stage(new StageSpec<PacketBurst>
        {
            Name = StageNames.Send, Factory = () => new SendStage(backend, tracer), Outputs = [], Capacity = options.EdgeCapacity,
        });
        graph.Edge(StageNames.Receive, StageNames.Decode);
        Spread(graph, shards, backend.Pool, options.EdgeCapacity);
        foreach (var shard in shards)
            graph.Edge(shard.Name(StageNames.Encode), StageNames.Send);
        return graph.ToSpec() with { Drivers = shards.ToImmutableSortedDictionary(s => s.Shard.Index, _ => DriverOf(options)) };
    }

    private static void Spread(StageGraphBuilder<PacketBurst> graph, IReadOnlyList<ShardStages> shards, PacketPool pool, int capacity)
    {
        if (shards.Count == 1)
        {
            graph.Edge(StageNames.Decode, StageNames.Dispatch);
            return;
        }
        graph.Stage(new StageSpec<PacketBurst>
        {
            Name = StageNames.Route,
            Factory = () => new RouteStage(shards.Count, pool, shards[0].Groups),
            Outputs = [.. RouteStage.PortsFor(shards.Count)],
            Capacity = capacity,
        });
        graph.Edge(StageNames.Decode, StageNames.Route);
        foreach (var shard in shards)
            graph.Edge(StageNames.Route, shard.Name(StageNames.Dispatch), RouteStage.PortsFor(shards.Count)[shard.Shard.Index]);
    }
}

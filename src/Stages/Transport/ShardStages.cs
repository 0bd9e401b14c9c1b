using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport.Metrics;

namespace RdmaPipeline.Transport;

/// <summary>What the stages of one shard are made of.</summary>
/// <param name="Shard">The shard.</param>
/// <param name="Pool">Where its stages rent bursts; of no other shard.</param>
/// <param name="Codec">What its encode stage uses; of no other shard.</param>
/// <param name="Limits">What its pulling stages put into a burst.</param>
/// <param name="Groups">Who is attached to which multicast group.</param>
/// <param name="Measures">What is measured.</param>
internal sealed record ShardStages(
    Shard Shard, PacketPool Pool, FrameCodec Codec, PullLimits Limits, MulticastTable Groups, DeviceMeasures Measures)
    : IPacketShard
{
    public long NowNanoseconds => Shard.NowNanoseconds;

    public long EpochNanoseconds => Shard.EpochNanoseconds;

    public IShardAlarm MakeAlarm(Action rung) => new StageAlarm(Shard, rung);

    /// <summary>The name of a stage on this shard.</summary>
    public string Name(string stage) => StageNames.OnShard(stage, Shard.Index);

    /// <summary>
    /// Adds the stages of this shard and the edges between them; what comes from and goes to the back-end is left to the caller.
    /// </summary>
    public void AddTo(StageGraphBuilder<PacketBurst> graph, QueuePairTable table, int capacity)
    {
        Add(graph, capacity, StageNames.Dispatch, name => MakeDispatch(name, table), outputs: [.. DispatchStage.Ports]);
        Add(graph, capacity, StageNames.Responder, name => new ResponderStage(name, Shard, table, Pool, Codec), outputs: []);
        Add(graph, capacity, StageNames.Completer, name => new CompleterStage(name, Shard, table, Pool), outputs: []);
        Add(graph, capacity, StageNames.Requester, name => new RequesterStage(name, Shard, Limits, Pool), inputs: []);
        Add(graph, capacity, StageNames.AckGenerator, name => new AckGeneratorStage(name, Shard, Limits, Pool), inputs: []);
        Add(graph, capacity, StageNames.Encode, name => new EncodeStage(name, Shard.Unencoded, Codec, Measures.TimeIcrcMaking()));
        graph.Edge(Name(StageNames.Dispatch), Name(StageNames.Responder), DispatchStage.Ports[DispatchStage.Requests])
            .Edge(Name(StageNames.Dispatch), Name(StageNames.Completer), DispatchStage.Ports[DispatchStage.Responses])
            .Edge(Name(StageNames.Requester), Name(StageNames.Encode))
            .Edge(Name(StageNames.AckGenerator), Name(StageNames.Encode))
            .Doorbell(null, Name(StageNames.Requester), Shard.SendDoorbell)
            .Doorbell(Name(StageNames.Responder), Name(StageNames.AckGenerator), Shard.ResponseDoorbell);
    }

    private DispatchStage MakeDispatch(string name, QueuePairTable table) =>
        new(name, table, Pool, new MulticastFanOut(Groups, Shard.Index, Pool));

    private void Add(
        StageGraphBuilder<PacketBurst> graph, int capacity, string stage, Func<string, IStage<PacketBurst>> factory,
        string[]? inputs = null, string[]? outputs = null)
    {
        string name = Name(stage);
        graph.Stage(new StageSpec<PacketBurst>
        {
            Name = name,
            Factory = () => factory(name),
            Inputs = [.. inputs ?? [StageSpec<PacketBurst>.DefaultInput]],
            Outputs = [.. outputs ?? [StageSpec<PacketBurst>.DefaultOutput]],
            Capacity = capacity,
            Shard = Shard.Index,
        });
    }
}

using RdmaPipeline.Backends;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>Every service runs on the fabric, over RoCE and native InfiniBand, in every preset.</summary>
public sealed class ServiceTests
{
    private const uint QueueKey = 0x1234;

    public static TheoryData<LinkType, PipelinePreset> Setups()
    {
        var setups = new TheoryData<LinkType, PipelinePreset>();
        foreach (var type in (LinkType[])[LinkType.RoCEv2, LinkType.InfiniBand])
        {
            foreach (var preset in Enum.GetValues<PipelinePreset>())
                setups.Add(type, preset);
        }

        return setups;
    }

    [Theory, MemberData(nameof(Setups))]
    public void AReliableConnectionOnABadLink(LinkType type, PipelinePreset preset)
    {
        var bad = new LinkOptions { Loss = 0.03, Duplication = 0.03, Reordering = 0.03, Corruption = 0.03 };
        using var scene = new FabricScene(bad, type: type, host: new FabricHostOptions { Preset = preset });
        for (int i = 0; i < 3; i++)
            scene.WriteAll(60_000);
    }

    [Theory, MemberData(nameof(Setups))]
    public void AnUnreliableConnection(LinkType type, PipelinePreset preset)
    {
        using var fabric = NewFabric(type, preset, out var a, out var b);
        var (left, right) = Endpoint.Connect(a, b, new ConnectOptions(), QueuePairType.UnreliableConnection);
        right.Receive(8192, 1);
        right.Receive(8192, 2);
        fabric.Faults.When(p => p.From(a).Nth(2)).Drop();
        left.Send(8192);
        left.Send(8192);
        fabric.RunUntil(() => left.Has(2) & right.Has(1));
        fabric.RunUntilQuiet();
        // R-RESP-43: the message that lost a packet is never told of.
        Assert.False(right.Has(2));
    }

    [Theory, MemberData(nameof(Setups))]
    public void Datagrams(LinkType type, PipelinePreset preset)
    {
        using var fabric = NewFabric(type, preset, out var a, out var b);
        var (left, right) = (new Endpoint(a, QueuePairType.UnreliableDatagram), new Endpoint(b, QueuePairType.UnreliableDatagram));
        left.QueuePair.Activate(QueueKey);
        right.QueuePair.Activate(QueueKey);
        right.Receive(1024);
        using var way = left.Domain.CreateAddressHandle(new AddressVector
        {
            DestinationGid = b.Gid, DestinationLid = b.Device.QueryPort(1).Lid, IsGlobal = true,
        });
        SendDatagram(left, way, right.QueuePair.Number);
        fabric.RunUntil(() => left.Has(1) & right.Has(1));
        Assert.Equal(left.QueuePair.Number, right.Completions[0].SourceQueuePair);
    }

    [Theory, MemberData(nameof(Setups))]
    public void MulticastReachesEveryMemberOverSwitches(LinkType type, PipelinePreset preset)
    {
        var group = Gid.Parse("ff0e::7");
        using var fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = 1, LinkType = type });
        var options = new FabricHostOptions { Preset = preset };
        var ends = Enumerable.Range(0, 4)
            .Select(_ => new Endpoint(fabric.AddHost(null, options), QueuePairType.UnreliableDatagram)).ToArray();
        var (s, t) = (fabric.AddSwitch("s"), fabric.AddSwitch("t"));
        var trunk = fabric.Connect(s, t);
        for (int i = 0; i < ends.Length; i++)
            fabric.Connect(ends[i].Host, i < 2 ? s : t);
        ushort lid = type == LinkType.InfiniBand ? (ushort)0xC001 : (ushort)0;
        group = type == LinkType.InfiniBand ? group : Gid.Parse("239.1.2.3");
        foreach (var end in ends)
        {
            end.QueuePair.Activate(QueueKey);
            end.Receive(1024);
        }

        foreach (var member in ends[1..])
            member.QueuePair.AttachMulticast(group, lid);
        var address = new AddressVector { DestinationGid = group, DestinationLid = lid, IsGlobal = true };
        using var way = ends[0].Domain.CreateAddressHandle(address);
        SendDatagram(ends[0], way, 0xFFFFFF);
        fabric.RunUntil(() => ends.All(end => end.Has(1)));
        // One copy went over the trunk, and two came out behind it.
        Assert.Equal(1, trunk.From(s).Entered);
        Assert.Equal(3, fabric.Log.Entries.Count(entry => entry.Kind == FabricEvent.Delivered));
        foreach (var member in ends[1..])
            member.QueuePair.DetachMulticast(group, lid);
    }

    [Theory, MemberData(nameof(Setups))]
    public void SharedReceivesAndXrc(LinkType type, PipelinePreset preset)
    {
        using var fabric = NewFabric(type, preset, out var a, out var b);
        var (left, right) = (new Endpoint(a, QueuePairType.UnreliableDatagram), new Endpoint(b, QueuePairType.UnreliableDatagram));
        using var domain = b.Device.OpenXrcDomain();
        var shared = right.Domain.CreateSharedReceiveQueue(new()
        {
            Type = SharedReceiveQueueType.Xrc, XrcDomain = domain, CompletionQueue = right.Queue,
        });
        var target = domain.CreateQueuePair(new() { Type = QueuePairType.XrcTarget });
        var initiator = left.Domain.CreateQueuePair(
            new() { Type = QueuePairType.XrcInitiator, SendCompletionQueue = left.Queue, SignalAll = true });
        target.ConnectTo(initiator.LocalEndpoint, FabricScene.Options);
        initiator.ConnectTo(target.LocalEndpoint, FabricScene.Options);
        shared.PostReceive(new ReceiveWorkRequest { WorkRequestId = 5, Entry = right.Memory.Entry(0, 10_000) });
        fabric.Faults.When(p => p.From(a).First(1)).Drop();
        initiator.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.Send, Entry = left.Memory.Entry(0, 10_000), RemoteSharedReceiveQueue = shared.Number,
        });
        fabric.RunUntil(() => left.Has(1) & right.Has(1));
        Assert.Equal((5UL, 10_000U), (right.Completions[0].WorkRequestId, right.Completions[0].ByteLength));
        target.Dispose();
        shared.Dispose();
    }

    private static RdmaTestFabric NewFabric(LinkType type, PipelinePreset preset, out FabricHost a, out FabricHost b)
    {
        var fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = 1, LinkType = type });
        int shards = preset == PipelinePreset.Fused ? 1 : 2;
        var options = new FabricHostOptions { Preset = preset, Device = new DeviceOptions { ShardCount = shards } };
        (a, b) = (fabric.AddHost("a", options), fabric.AddHost("b", options));
        fabric.Connect(a, b);
        return fabric;
    }

    private static void SendDatagram(Endpoint from, AddressHandle way, uint queuePair) => from.QueuePair.PostSend(new SendWorkRequest
    {
        Opcode = SendOpcode.Send, Entry = from.Memory.Entry(0, 500), Address = way, RemoteQueuePair = queuePair, RemoteQueueKey = QueueKey,
    });
}

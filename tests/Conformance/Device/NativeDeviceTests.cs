using System.Collections.Concurrent;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>What a device on a native InfiniBand link has beyond RoCE: LIDs, paths with and without GRH, path bits.</summary>
[Collection(DeviceCollection.Name)]
public class NativeDeviceTests
{
    private static readonly DeviceSetup Setup = new("ib", PipelinePreset.Staged);

    [Fact]
    public void ThePortTellsItsPlaceInTheSubnet()
    {
        using var pair = new DevicePair(Setup);
        var port = pair.A.QueryPort();
        Assert.Equal((LinkLayer.InfiniBand, PortState.Active, PortPhysicalState.LinkUp), (port.LinkLayer, port.State, port.PhysicalState));
        Assert.Equal((2, 1, 1), (port.Lid, port.LidMaskControl, port.SubnetManagerLid));
        Assert.Equal(4, pair.B.QueryPort().Lid);
        var gid = Assert.Single(pair.A.QueryGidTable()).Entry;
        Assert.Equal(GidType.InfiniBand, gid.Type);
        Assert.Equal(pair.A.Attributes.NodeGuid, (ulong)gid.Gid.Value);
    }

    [Fact]
    public void ThePullOfACableIsToldAndThePortIsBroughtUpAgain()
    {
        var port = new LoopbackFabric().Open(new LoopbackOptions { LinkType = LinkType.InfiniBand });
        using var device = RdmaPipelineDevice.Open(port);
        port.SetLink(up: false);
        Assert.Equal((PortState.Down, PortPhysicalState.Disabled), (device.QueryPort().State, device.QueryPort().PhysicalState));
        port.SetLink(up: true);
        Assert.Equal((PortState.Active, 2), (device.QueryPort().State, device.QueryPort().Lid));
        var events = new List<AsyncEventType>();
        while (device.AsyncEvents.TryRead(out var happened))
            events.Add(happened.Type);
        Assert.Equal([AsyncEventType.PortError, AsyncEventType.PortActive], events);
    }

    [Fact]
    public void BeforeASubnetManagerCameThePortIsInInit()
    {
        using var device = RdmaPipelineDevice.Open($"mem://fabric-{Guid.NewGuid():n}/a?link=ib&sm=off");
        var port = device.QueryPort();
        Assert.Equal((PortState.Init, PortPhysicalState.LinkUp, 0), (port.State, port.PhysicalState, port.Lid));
    }

    /// <summary>R-BE-51, R-VERB-21: a GRH only on a global path, and M in every packet of either direction.</summary>
    [Theory]
    [InlineData(null, 8)]
    [InlineData(false, 8)]
    [InlineData(true, 48)]
    public void AGlobalPathHasAGrhAndOthersHaveNone(bool? global, int headers)
    {
        var seen = new ConcurrentDictionary<(int Headers, bool IsMigrated), bool>();
        using var pair = new DevicePair(Setup, Watched(packet => seen.TryAdd(packet, true)));
        var (a, _) = pair.Connect(options: new ConnectOptions { IsGlobal = global });
        Write(pair, a);
        Assert.Equal([(headers, true)], seen.Keys);
    }

    [Fact]
    public void PathBitsMustBeThoseThePeerExpects()
    {
        using var pair = new DevicePair(Setup);
        var a = pair.DomainA.CreateQueuePair(Attributes(pair.QueueA));
        var b = pair.DomainB.CreateQueuePair(Attributes(pair.QueueB));
        Connect(a, b, pathBits: 1, peerPathBits: 0);
        Connect(b, a, pathBits: 0, peerPathBits: 1);
        Write(pair, a);
        var c = pair.DomainA.CreateQueuePair(Attributes(pair.QueueA));
        var d = pair.DomainB.CreateQueuePair(Attributes(pair.QueueB));
        Connect(c, d, pathBits: 1, peerPathBits: 0);
        Connect(d, c, pathBits: 0, peerPathBits: 0);
        c.PostSend(new SendWorkRequest { WorkRequestId = 9, Opcode = SendOpcode.Send, Flags = SendFlags.Signaled });
        Assert.Equal(WorkCompletionStatus.RetryExceededError, pair.Next(pair.QueueA).Status);
        var dispatch = pair.B.GetPipeline().Describe().Stages.Single(stage => stage.Name == StageNames.Dispatch);
        Assert.NotEqual(0, dispatch.Drops[DropReasons.Name(DropReason.NoRoute)]);
    }

    private static void Write(DevicePair pair, QueuePair queuePair)
    {
        using var local = pair.DomainA.AllocateMemory(10_000);
        using var remote = pair.DomainB.AllocateMemory(10_000, DevicePair.FullAccess);
        Pattern.Fill(local.AsSpan(0, 10_000), 6);
        queuePair.PostSend(new SendWorkRequest
        {
            WorkRequestId = 1, Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = local.Entry(),
            RemoteAddress = remote.Address, RemoteKey = remote.RemoteKey,
        });
        pair.NextSuccess(pair.QueueA, 1);
        Assert.True(Pattern.Matches(remote.AsSpan(0, 10_000), 6));
    }

    private static QueuePairInitAttributes Attributes(CompletionQueue queue) =>
        new() { SendCompletionQueue = queue, ReceiveCompletionQueue = queue };

    private static void Connect(QueuePair own, QueuePair peer, byte pathBits, byte peerPathBits)
    {
        own.Initialize();
        own.Modify(new QueuePairAttributes
        {
            State = QueuePairState.ReadyToReceive,
            AddressVector = new AddressVector
            {
                IsGlobal = false, SourcePathBits = pathBits, DestinationLid = (ushort)(peer.LocalEndpoint.Lid | peerPathBits),
            },
            PathMtu = Verbs.PathMtu.Mtu1024,
            DestinationQueuePair = peer.Number,
            ReceivePsn = peer.InitialPsn,
            MaxDestinationReadAtomic = 1,
            MinRnrTimer = 1,
        });
        own.Modify(new QueuePairAttributes
        {
            State = QueuePairState.ReadyToSend, SendPsn = own.InitialPsn, Timeout = 10, RetryCount = 2, RnrRetry = 1, MaxReadAtomic = 1,
        });
    }

    private static DeviceOptions Watched(Action<(int, bool)> watch) => new()
    {
        Graph = graph => graph.InsertAfter(StageNames.Encode, new StageSpec<PacketBurst>
        {
            Name = "watch", Factory = () => new WatchStage(watch),
        }),
    };

    private sealed class WatchStage(Action<(int, bool)> watch) : FilterStage("watch")
    {
        protected override DropReason Judge(PacketBurst burst, int index)
        {
            ref readonly var packet = ref burst.Packets[index];
            watch((packet.TransportOffset - packet.FrameOffset, (burst.Bytes(packet.TransportOffset, 2)[1] & 0x40) != 0));
            return DropReason.None;
        }
    }
}

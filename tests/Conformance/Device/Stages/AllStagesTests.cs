using System.Collections.Concurrent;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Transport;
using RdmaPipeline.Transport.Stages;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Stages;

/// <summary>
/// All shipped stages together in one device, on its way in and on its way out: what is not dropped on purpose arrives, and every count
/// adds up. Faults are counted out by number, so nothing is left to chance.
/// </summary>
[Collection(DeviceCollection.Name)]
public sealed class AllStagesTests
{
    private const int Size = 50_000;
    private const int Datagrams = 60;
    private const int OneIn = 10;
    private const int DoubledOneIn = 15;

    // The thirtieth and the sixtieth are dropped.
    private const int Doubled = 2;

    private readonly ConcurrentBag<IStage<PacketBurst>> _stages = [];

    public static TheoryData<DeviceSetup> Setups
    {
        get
        {
            var data = new TheoryData<DeviceSetup>();
            foreach (string medium in (string[])["mem", "udp4", "udp6"])
            {
                foreach (var preset in Enum.GetValues<PipelinePreset>())
                {
                    for (int shards = 1; shards <= 2; shards++)
                    {
                        if (preset != PipelinePreset.Fused || shards == 1) // a fused shard has no way to another
                            data.Add(new DeviceSetup(medium, preset, shards: shards));
                    }
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void ReliableTrafficLosesNothing(DeviceSetup setup)
    {
        var options = setup.Options with { Retry7IsInfinite = true };
        using (var pair = new DevicePair(setup, options with { Graph = graph => Everything(graph, Faults) }))
        {
            for (int i = 0; i < 2; i++)
                WriteAndRead(pair);
            pair.Until(() => pair.B.GetPipeline().CheckLaws().Count == 0 && !Holds(pair.B), "rest");
            var stages = pair.B.GetPipeline().Describe().Stages;
            var faults = _stages.OfType<FaultStage>().ToList();
            Assert.All(stages.Where(stage => stage.Type == nameof(FaultStage)), stage => Assert.Equal(
                stage.ConsumedItems + stage.CreatedItems, stage.ProducedItems + stage.DroppedItems));
            Assert.NotEqual(0, faults.Sum(fault => fault.Duplicated + fault.Delayed + fault.Corrupted));
            Assert.All(_stages.OfType<CaptureStage>(), capture => Assert.Null(capture.Failure));
        }
        Assert.NotEqual(0, _stages.OfType<CaptureStage>().Sum(capture => capture.Written));
        Assert.NotEqual(0, _stages.OfType<OpcodeCounterStage>().Sum(counter => counter.Counts.Read().Values.Sum()));
    }

    [Theory] // Datagrams are sent once: exactly those that the fault stage counts are missing or come twice.
    [MemberData(nameof(Setups))]
    public void OfDatagramsExactlyTheDroppedOnesAreMissing(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup, setup.Options with { Graph = graph => Everything(graph, DatagramFaults) });
        var (a, b) = (Receiver(pair), pair.Datagrams(pair.DomainB, pair.QueueB));
        using var way = DevicePair.Way(pair.DomainB, pair.A);
        using var local = pair.DomainB.AllocateMemory(64);
        using var remote = pair.DomainA.AllocateMemory(200, DevicePair.FullAccess);
        const int expected = Datagrams - (Datagrams / OneIn) + Doubled;
        for (int i = 0; i < expected; i++)
            a.PostReceive(new ReceiveWorkRequest { Entry = remote.Entry() });
        int received = 0;
        for (int sent = 0; sent < Datagrams; sent++)
        {
            b.PostSend(new SendWorkRequest
            {
                Opcode = SendOpcode.Send, Entry = local.Entry(), Address = way, RemoteQueuePair = a.Number, RemoteQueueKey = 0x1234,
            });
            Assert.Equal(WorkCompletionStatus.Success, pair.Next(pair.QueueB).Status);
            received += Receive(pair);
        }
        pair.Until(() => (received += Receive(pair)) >= expected && !Holds(pair.B), "all datagrams");
        pair.Until(() => pair.B.GetPipeline().CheckLaws().Count == 0, "rest");
        Assert.Equal(expected, received);
        Assert.Equal(Datagrams / OneIn, DevicePair.Drops(pair.B, Telemetry.DropReason.InjectedFault));
    }

    private static bool Holds(RdmaDevice device) => device.GetPipeline().OutstandingBursts > 0;

    private static QueuePair Receiver(DevicePair pair)
    {
        var queuePair = pair.DomainA.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = QueuePairType.UnreliableDatagram,
            SendCompletionQueue = pair.QueueA,
            ReceiveCompletionQueue = pair.QueueA,
            Capabilities = new QueuePairCapabilities { MaxSendWorkRequests = 8, MaxReceiveWorkRequests = Datagrams },
        });
        queuePair.Activate(0x1234);
        return queuePair;
    }

    private static int Receive(DevicePair pair)
    {
        var done = new WorkCompletion[1];
        if (pair.QueueA.Poll(done) == 0)
            return 0;
        Assert.Equal(WorkCompletionStatus.Success, done[0].Status);
        return 1;
    }

    private static void WriteAndRead(DevicePair pair)
    {
        var (a, b) = pair.Connect(options: new ConnectOptions { Timeout = 10, TrafficClass = 2 });
        using var left = pair.DomainA.AllocateMemory(Size, DevicePair.FullAccess);
        using var right = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        Pattern.Fill(left.AsSpan(0, Size), 42);
        a.PostSend(Operation(SendOpcode.RdmaWrite, left, right));
        pair.NextSuccess(pair.QueueA, 0);
        Assert.True(Pattern.Matches(right.AsSpan(0, Size), 42));
        left.AsSpan(0, Size).Clear();
        a.PostSend(Operation(SendOpcode.RdmaRead, left, right));
        pair.NextSuccess(pair.QueueA, 0);
        Assert.True(Pattern.Matches(left.AsSpan(0, Size), 42));
        left.AsSpan(0, Size).Clear();
        b.PostSend(Operation(SendOpcode.RdmaWrite, right, left));
        pair.NextSuccess(pair.QueueB, 0);
        Assert.True(Pattern.Matches(left.AsSpan(0, Size), 42));
    }

    private static SendWorkRequest Operation(SendOpcode opcode, MemoryRegion local, MemoryRegion remote) => new()
    {
        Opcode = opcode, Flags = SendFlags.Signaled, Entry = local.Entry(), RemoteAddress = remote.Address, RemoteKey = remote.RemoteKey,
    };

    private StageGraphSpec<PacketBurst> Everything(StageGraphSpec<PacketBurst> graph, Func<PacketFaults> faults) => graph
        .InsertAfter(StageNames.Receive, _ => Keep(Capture()), "capture_in")
        .InsertAfter(StageNames.Decode, _ => Keep(new OpcodeCounterStage()), "opcodes")
        .InsertBefore(StageNames.Dispatch, _ => Keep(new DuplicateDetectorStage()), "duplicates")
        .InsertBefore(StageNames.Dispatch, _ => Keep(new EcnMarkerStage(PacketChoice.OneIn(3))), "ecn_in")
        .Insert(StageNames.Requester, StageNames.Encode, _ => Keep(Sampler()), "sampler")
        .Insert(StageNames.AckGenerator, StageNames.Encode, _ => Keep(new TapStage(null, new ReleasingBlock())), "tap")
        .InsertAfter(StageNames.Encode, _ => Keep(new FaultStage(faults())), "faults")
        .InsertBefore(StageNames.Send, _ => Keep(new EcnMarkerStage(PacketChoice.OneIn(5))), "ecn_out")
        .InsertBefore(StageNames.Send, _ => Keep(new DelayStage(TimeSpan.FromMicroseconds(20), TimeSpan.FromMicroseconds(30))), "delay")
        .InsertBefore(StageNames.Send, _ => Keep(Limiter()), "rate")
        .InsertBefore(StageNames.Send, _ => Keep(Capture()), "capture_out");

    private static CaptureStage Capture() => new(new CaptureOptions { Path = "nowhere", Open = _ => Stream.Null });

    private static SamplerStage Sampler() => new(PacketChoice.ByHash(4), new ReleasingBlock());

    private static RateLimiterStage Limiter() => new(new RateLimit { BitsPerSecond = 2e9, PacketsPerSecond = 1e6 });

    private TStage Keep<TStage>(TStage stage)
        where TStage : IStage<PacketBurst>
    {
        _stages.Add(stage);
        return stage;
    }

    private static PacketFaults Faults() => new()
    {
        Drop = PacketChoice.OneIn(OneIn, atMost: 10),
        Duplicate = PacketChoice.OneIn(7, atMost: 10),
        Delay = PacketChoice.OneIn(9, atMost: 10),
        Corrupt = PacketChoice.OneIn(11, atMost: 10),
        DelayTime = TimeSpan.FromMicroseconds(100),
    };

    private static PacketFaults DatagramFaults() => new()
    {
        Drop = PacketChoice.OneIn(OneIn),
        Duplicate = PacketChoice.OneIn(DoubledOneIn),
        Delay = PacketChoice.OneIn(4),
        DelayTime = TimeSpan.FromMicroseconds(200),
    };
}

using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Transport.Stages;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Stages;

/// <summary>An onlooker is shown copies, and may hold so many: whatever he does with them, the device misses no burst.</summary>
[Collection(DeviceCollection.Name)]
public class OnlookerTests
{
    private const int Size = 300_000;

    private static readonly Dictionary<string, Func<ITargetBlock<PacketBurst>>> Forgetful = new()
    {
        ["accepts and forgets"] = DataflowBlock.NullTarget<PacketBurst>,
        ["fails with bursts in its queue"] = () => new ActionBlock<PacketBurst>(_ => throw new InvalidDataException("a defect")),
        ["keeps all for later"] = () => new BufferBlock<PacketBurst>(),
        ["declines"] = () => new ReleasingBlock(takes: false),
    };

    private static readonly Dictionary<string, Func<ITargetBlock<PacketBurst>, PacketStage>> Showing = new()
    {
        ["tap"] = onlooker => new TapStage(null, onlooker),
        ["sampler"] = onlooker => new SamplerStage(PacketChoice.OneIn(2), onlooker),
    };

    public static TheoryData<string, string, string> Cases
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (string stage in Showing.Keys)
            {
                foreach (string onlooker in Forgetful.Keys)
                {
                    data.Add(stage, onlooker, StageNames.Requester);
                    data.Add(stage, onlooker, StageNames.Encode);
                    data.Add(stage, onlooker, StageNames.Receive);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void AnOnlookerThatNeverLetsGoCostsTheDeviceNoBurst(string stage, string onlooker, string behind)
    {
        var target = Forgetful[onlooker]();
        using var pair = new DevicePair(new DeviceSetup(), new DeviceOptions
        {
            Graph = graph => graph.InsertAfter(behind, _ => Showing[stage](target), "showing"),
        });
        var (a, b) = pair.Connect();
        using var left = pair.DomainA.AllocateMemory(Size, DevicePair.FullAccess);
        using var right = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        a.PostSend([Operation(SendOpcode.RdmaWrite, left, right), Operation(SendOpcode.RdmaRead, left, right)]);
        Assert.Equal(WorkCompletionStatus.Success, pair.Next(pair.QueueA).Status);
        Assert.Equal(WorkCompletionStatus.Success, pair.Next(pair.QueueA).Status);
        var pipelines = new[] { pair.A.GetPipeline(), pair.B.GetPipeline() };
        pair.Until(() => pipelines.Sum(pipeline => pipeline.OutstandingBursts) == 0, "bursts come home");
        pair.Until(() => pipelines.All(pipeline => pipeline.CheckLaws().Count == 0), "rest");
    }

    [Fact]
    public void SoManyBurstsAreShownAtATimeAndTheRestIsMissedAndCounted()
    {
        var onlooker = new BufferBlock<PacketBurst>();
        using var pair = new DevicePair(new DeviceSetup(), new DeviceOptions
        {
            Graph = graph => graph.InsertAfter(StageNames.Encode, _ => new TapStage("tap", onlooker, mostShown: 1), "tap"),
        }, new DeviceOptions());
        var (a, _) = pair.Connect();
        using var left = pair.DomainA.AllocateMemory(Size);
        using var right = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        a.PostSend(Operation(SendOpcode.RdmaWrite, left, right));
        pair.NextSuccess(pair.QueueA, 0);
        Assert.Equal(1, onlooker.Count);
        Assert.NotEqual(0, Missed(pair));
        Assert.True(onlooker.TryReceive(out var burst));
        burst.Release();
        a.PostSend(Operation(SendOpcode.RdmaWrite, left, right));
        pair.NextSuccess(pair.QueueA, 0);
        Assert.Equal(1, onlooker.Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4097)]
    public void WrongLimitsAreNamed(int mostShown)
    {
        var onlooker = DataflowBlock.NullTarget<PacketBurst>();
        foreach (var make in new Action[]
                 {
                     () => _ = new TapStage(null, onlooker, mostShown), () => _ = new SamplerStage(PacketChoice.All, onlooker, mostShown),
                 })
        {
            Assert.Contains(
                "mostShown is 1 to 4096", Assert.Throws<ArgumentOutOfRangeException>(make).Message, StringComparison.Ordinal);
        }
    }

    private static long Missed(DevicePair pair) => pair.A.GetPipeline().Describe().Stages.Single(stage => stage.Name == "tap")
        .Drops[DropReasons.Name(DropReason.QueueFull)];

    private static SendWorkRequest Operation(SendOpcode opcode, MemoryRegion local, MemoryRegion remote) => new()
    {
        Opcode = opcode, Flags = SendFlags.Signaled, Entry = local.Entry(), RemoteAddress = remote.Address, RemoteKey = remote.RemoteKey,
    };
}

using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Transport.Stages;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Stages of a user's own in the pipeline of a device.</summary>
[Collection(DeviceCollection.Name)]
public class CustomStageTests
{
    private const int Size = 100_000;

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    [Theory]
    [MemberData(nameof(Setups))]
    public void AStageThatDropsPacketsIsSurvived(DeviceSetup setup)
    {
        // A short timeout for a quick test, and endless retries: a busy machine may leave either end without a processor for eight of
        // them.
        using var pair = new DevicePair(setup, setup.Options with
        {
            Retry7IsInfinite = true,
            Graph = spec => spec.InsertAfter(StageNames.Decode, new StageSpec<PacketBurst> { Name = "lossy", Factory = () => new Lossy() }),
        });
        var (a, _) = pair.Connect(options: new ConnectOptions { Timeout = 8 });
        using var local = pair.DomainA.AllocateMemory(Size);
        using var remote = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        Pattern.Fill(local.AsSpan(0, Size), 42);
        for (ulong i = 0; i < 10; i++)
        {
            a.PostSend(Write(local, remote) with { WorkRequestId = i });
            pair.NextSuccess(pair.QueueA, i);
        }
        Assert.True(Pattern.Matches(remote.AsSpan(0, Size), 42));
        var lossy = pair.B.GetPipeline().Describe().Stages.Single(stage => stage.Name == "lossy");
        Assert.NotEqual(0, lossy.Drops[DropReasons.Name(DropReason.InjectedFault)]);
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void ATapSeesEveryPacketOnItsWay(DeviceSetup setup)
    {
        long seen = 0;
        var onlooker = new ActionBlock<PacketBurst>(burst =>
        {
            Interlocked.Add(ref seen, burst.Count);
            burst.Release();
        });
        using (var pair = new DevicePair(setup, setup.Options with
        {
            Graph = spec => spec.InsertAfter(
                StageNames.Receive, new StageSpec<PacketBurst> { Name = "tap", Factory = () => new TapStage("tap", onlooker) }),
        }))
        {
            var (a, _) = pair.Connect();
            using var local = pair.DomainA.AllocateMemory(Size);
            using var remote = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
            a.PostSend(Write(local, remote));
            pair.NextSuccess(pair.QueueA, 0);
            RdmaDevice[] devices = pair.A == pair.B ? [pair.A] : [pair.A, pair.B];
            pair.Until(() => Interlocked.Read(ref seen) == devices.Sum(Consumed), "every packet seen");
            pair.Until(() => pair.A.GetPipeline().OutstandingBursts + pair.B.GetPipeline().OutstandingBursts == 0, "bursts come home");
        }
    }

    private static long Consumed(RdmaDevice device) =>
        device.GetPipeline().Describe().Stages.Single(stage => stage.Name == StageNames.Decode).ConsumedItems;

    private static SendWorkRequest Write(MemoryRegion local, MemoryRegion remote) => new()
    {
        Opcode = SendOpcode.RdmaWrite,
        Flags = SendFlags.Signaled,
        Entry = local.Entry(),
        RemoteAddress = remote.Address,
        RemoteKey = remote.RemoteKey,
    };

    private sealed class Lossy() : FilterStage("lossy")
    {
        private int _seen;

        protected override DropReason Judge(PacketBurst burst, int index) =>
            ++_seen % 37 == 0 ? DropReason.InjectedFault : DropReason.None;
    }
}

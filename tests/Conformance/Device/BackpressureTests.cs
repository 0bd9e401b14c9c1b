using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>A medium that takes nothing for a while delays packets; it loses none.</summary>
[Collection(DeviceCollection.Name)]
public class BackpressureTests
{
    private const int Size = 1 << 20;

    public static TheoryData<PipelinePreset> Presets => [.. Enum.GetValues<PipelinePreset>()];

    [Theory]
    [MemberData(nameof(Presets))]
    public void ABlockedMediumIsWaitedFor(PipelinePreset preset)
    {
        var backend = new HesitantBackend(new LoopbackFabric().Open());
        var device = RdmaPipelineDevice.Open(backend, new DeviceOptions { Preset = preset, EdgeCapacity = 1 });
        var domain = device.CreateProtectionDomain();
        var queue = device.CreateCompletionQueue(100);
        var init = new QueuePairInitAttributes { SendCompletionQueue = queue, ReceiveCompletionQueue = queue };
        var (a, b) = (domain.CreateQueuePair(init), domain.CreateQueuePair(init));
        a.ConnectTo(b.LocalEndpoint, new ConnectOptions { Timeout = 0 });
        b.ConnectTo(a.LocalEndpoint, new ConnectOptions { Timeout = 0 });
        var (local, remote) = (domain.AllocateMemory(Size), domain.AllocateMemory(Size, DevicePair.FullAccess));
        Pattern.Fill(local.AsSpan(0, Size), 8);
        a.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite,
            Flags = SendFlags.Signaled,
            Entry = local.Entry(),
            RemoteAddress = remote.Address,
            RemoteKey = remote.RemoteKey,
        });
        var one = new WorkCompletion[1];
        long deadline = Environment.TickCount64 + 60_000;
        while (queue.Poll(one) == 0)
            Assert.True(Environment.TickCount64 < deadline, "no completion came");
        Assert.Equal(WorkCompletionStatus.Success, one[0].Status);
        Assert.True(Pattern.Matches(remote.AsSpan(0, Size), 8));
        Assert.InRange(backend.Refusals, 10, long.MaxValue);
        var pipeline = device.GetPipeline();
        Assert.Equal(0, pipeline.HardwareCounters["completer_retry_err"]);
        device.Dispose();
        Assert.Empty(pipeline.CheckLaws());
        Assert.Equal(0, pipeline.OutstandingBursts);
    }

    // Who is asked for much still answers the others: of 256 answers to a READ some leave after the ACK for somebody else.
    [Fact]
    public void ALongReadLeavesRoomForOthers()
    {
        using var pair = new DevicePair(
            new DeviceSetup("mem", PipelinePreset.Simulated), new DeviceOptions { Preset = PipelinePreset.Simulated, Seed = 5 });
        var (greedy, modest) = (pair.Connect().A, pair.Connect().A);
        using var local = pair.DomainA.AllocateMemory(Size, DevicePair.FullAccess);
        using var remote = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        SendWorkRequest Request(ulong id, SendOpcode opcode, ulong length) => new()
        {
            WorkRequestId = id, Opcode = opcode, Flags = SendFlags.Signaled, Entry = local.Entry(0, length),
            RemoteAddress = remote.Address, RemoteKey = remote.RemoteKey,
        };
        greedy.PostSend(Request(1, SendOpcode.RdmaRead, Size));
        modest.PostSend(Request(2, SendOpcode.RdmaWrite, 8));
        pair.NextSuccess(pair.QueueA, 2);
        pair.NextSuccess(pair.QueueA, 1);
    }

    /// <summary>Refuses two sends out of three.</summary>
    private sealed class HesitantBackend(IPacketBackend inner) : IPacketBackend
    {
        private int _calls;

        public long Refusals { get; private set; }

        public BackendDescription Description => inner.Description;

        public FrameCodec Codec => inner.Codec;

        public PacketPool Pool => inner.Pool;

        public BackendCounters Counters => inner.Counters;

        public int Send(PacketBurst burst)
        {
            if (++_calls % 3 == 0)
                return inner.Send(burst);
            Refusals++;
            return 0;
        }

        public int Receive(Span<PacketBurst?> bursts) => inner.Receive(bursts);

        public bool WaitForTraffic(long timeoutNanoseconds, bool orSendReady) =>
            orSendReady || inner.WaitForTraffic(timeoutNanoseconds, orSendReady);

        public void Wake() => inner.Wake();

        public LinkStatus QueryLink() => inner.QueryLink();

        public void Dispose() => inner.Dispose();
    }
}

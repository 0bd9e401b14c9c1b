using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>A send without acknowledgement is done when the back-end has taken its last packet, not before (R-BE-11).</summary>
[Collection(DeviceCollection.Name)]
public class HandoverTests
{
    private const int Size = 30_000;

    public static TheoryData<PipelinePreset, int> Presets
    {
        get
        {
            var data = new TheoryData<PipelinePreset, int>();
            foreach (var preset in Enum.GetValues<PipelinePreset>())
            {
                data.Add(preset, 1);
                if (preset != PipelinePreset.Fused)
                    data.Add(preset, 4);
            }
            return data;
        }
    }

    /// <summary>Every way of joining the stages, with the one encode stage that another can be put behind.</summary>
    public static TheoryData<DeviceSetup> Setups =>
        [.. from medium in (string[])["mem", "udp4", "udp6"]
            from preset in Enum.GetValues<PipelinePreset>()
            where medium == "mem" || preset != PipelinePreset.Simulated
            select new DeviceSetup(medium, preset)];

    [Theory]
    [MemberData(nameof(Presets))]
    public void NothingIsDoneWhileTheMediumRefuses(PipelinePreset preset, int shards)
    {
        var backend = new GatedBackend(new LoopbackFabric().Open());
        using var device = RdmaPipelineDevice.Open(backend, new DeviceOptions { Preset = preset, ShardCount = shards, EdgeCapacity = 1 });
        var (domain, queue) = (device.CreateProtectionDomain(), device.CreateCompletionQueue(16));
        var init = new QueuePairInitAttributes
        {
            Type = QueuePairType.UnreliableConnection, SendCompletionQueue = queue, ReceiveCompletionQueue = queue, SignalAll = true,
        };
        var (a, b) = (domain.CreateQueuePair(init), domain.CreateQueuePair(init));
        a.ConnectTo(b.LocalEndpoint);
        b.ConnectTo(a.LocalEndpoint);
        var memory = domain.AllocateMemory(Size, DevicePair.FullAccess);
        var write = new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite, Entry = memory.Entry(), RemoteAddress = memory.Address, RemoteKey = memory.RemoteKey,
        };
        a.PostSend([write with { WorkRequestId = 1 }, write with { WorkRequestId = 2 }]);
        var done = new WorkCompletion[4];
        for (int refusals = backend.Refusals; backend.Refusals < refusals + 100;)
            Assert.Equal(0, queue.Poll(done));
        backend.IsOpen = true;
        long deadline = Environment.TickCount64 + 60_000;
        int count = 0;
        for (; count < 2; count += queue.Poll(done.AsSpan(count)))
            Assert.True(Environment.TickCount64 < deadline, "no completion came");
        Assert.Equal([(1UL, WorkCompletionStatus.Success), (2UL, WorkCompletionStatus.Success)],
            done[..2].Select(c => (c.WorkRequestId, c.Status)));
    }

    [Theory] // Packets that a stage drops on the way have left too: their work requests do not wait for ever.
    [MemberData(nameof(Setups))]
    public void WhatAStageDropsIsDone(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup, setup.Options with
        {
            Graph = spec => spec.InsertAfter(
                StageNames.Encode, new StageSpec<PacketBurst> { Name = "abyss", Factory = () => new Abyss() }),
        });
        var queuePair = pair.Datagrams(pair.DomainA, pair.QueueA);
        using var way = DevicePair.Way(pair.DomainA, pair.B);
        for (ulong i = 0; i < 5; i++)
        {
            queuePair.PostSend(new SendWorkRequest { WorkRequestId = i, Opcode = SendOpcode.Send, Address = way, RemoteQueuePair = 5 });
            pair.NextSuccess(pair.QueueA, i);
        }
        Assert.Equal(5, DevicePair.Drops(pair.A, DropReason.InjectedFault));
    }

    private sealed class Abyss() : FilterStage("abyss")
    {
        protected override DropReason Judge(PacketBurst burst, int index) => DropReason.InjectedFault;
    }

    /// <summary>Takes nothing until it is opened.</summary>
    private sealed class GatedBackend(IPacketBackend inner) : IPacketBackend
    {
        private int _refusals;

        public volatile bool IsOpen;

        public int Refusals => Volatile.Read(ref _refusals);

        public BackendDescription Description => inner.Description;

        public FrameCodec Codec => inner.Codec;

        public PacketPool Pool => inner.Pool;

        public BackendCounters Counters => inner.Counters;

        public int Send(PacketBurst burst)
        {
            if (IsOpen)
                return inner.Send(burst);
            Interlocked.Increment(ref _refusals);
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

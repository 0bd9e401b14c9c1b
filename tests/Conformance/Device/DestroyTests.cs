using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>A queue pair that is destroyed under load no longer touches user memory once Dispose has returned (R-VERB-10).</summary>
[Collection(DeviceCollection.Name)]
public class DestroyTests
{
    private const int Size = 1 << 16;
    private const int Rounds = 4;
    private const byte Mark = 0xEE;

    private static readonly ConnectOptions Impatient = new() { Timeout = 10, RetryCount = 1 };

    public static TheoryData<DeviceSetup> Setups =>
    [
        new("mem", PipelinePreset.Staged),
        new("mem", PipelinePreset.Queued),
        new("mem", PipelinePreset.Staged, shards: 4),
        new("udp4", PipelinePreset.Staged),
        new("udp4", PipelinePreset.Staged, shards: 2),
        new("udp6", PipelinePreset.Staged),
    ];

    [Theory]
    [MemberData(nameof(Setups))]
    public void ADestroyedTargetIsNotWrittenTo(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var source = pair.DomainA.AllocateMemory(Size);
        using var sink = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        for (int round = 0; round < Rounds; round++)
        {
            var (a, b) = pair.Connect(options: Impatient, signalAll: true);
            using var load = new Load(a, pair.QueueA, Write(source, sink));
            load.AwaitCompletions(4 * (round + 1));
            b.Dispose();
            sink.AsSpan(0, Size).Fill(Mark);

            // The requester goes on until its retries run out: all that it had under way has arrived by then.
            load.AwaitEnd();
            a.Dispose();
            Assert.Equal(-1, sink.AsSpan(0, Size).IndexOfAnyExcept(Mark));
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void TheSinkOfADestroyedReaderIsNotWrittenTo(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var sink = pair.DomainA.AllocateMemory(Size);
        using var source = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        for (int round = 0; round < Rounds; round++)
        {
            var (a, b) = pair.Connect(options: Impatient, signalAll: true);
            using (var load = new Load(a, pair.QueueA, Write(sink, source) with { Opcode = SendOpcode.RdmaRead }))
            {
                load.AwaitCompletions(4 * (round + 1));
                a.Dispose();
                sink.AsSpan(0, Size).Fill(Mark);
            }
            Flush(pair);
            b.Dispose();
            Assert.Equal(-1, sink.AsSpan(0, Size).IndexOfAnyExcept(Mark));
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void TheSourceOfADestroyedWriterIsNotRead(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var source = pair.DomainA.AllocateMemory(Size);
        using var sink = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        for (int round = 0; round < Rounds; round++)
        {
            source.AsSpan(0, Size).Clear();
            var (a, b) = pair.Connect(options: Impatient, signalAll: true);
            using (var load = new Load(a, pair.QueueA, Write(source, sink)))
            {
                load.AwaitCompletions(4 * (round + 1));
                a.Dispose();
                source.AsSpan(0, Size).Fill(Mark);
            }
            Flush(pair);
            b.Dispose();
            Assert.Equal(-1, sink.AsSpan(0, Size).IndexOf(Mark));
        }
    }

    [Fact]
    public void APulledTokenThatWaitsForTheNextBurstDiesWithItsQueuePair()
    {
        // Two flows: the second queue pair's token has been taken, but its packets cannot share the burst of the first.
        var setup = new DeviceSetup("mem", PipelinePreset.Staged, Graph.ShardDriverKind.Seeded);
        using var pair = new DevicePair(setup);
        var (a, _) = pair.Connect(options: new ConnectOptions { FlowLabel = 1 });
        var (held, _) = pair.Connect(options: new ConnectOptions { FlowLabel = 2 });
        using var source = pair.DomainA.AllocateMemory(100);
        using var sink = pair.DomainB.AllocateMemory(100, DevicePair.FullAccess);
        a.PostSend(Write(source, sink));
        held.PostSend(Write(source, sink));
        var pipeline = ((TransportEngine)pair.A.Provider).Pipeline;
        var requester = pipeline.Graph[StageNames.Requester];
        Assert.True(pipeline.Shards[0].Scheduler.TryEnter());
        Assert.True(requester.Pump());
        Assert.Equal(1, requester.Meter.CreatedItems);
        held.Dispose();
        while (requester.Pump())
        {
        }
        pipeline.Shards[0].Scheduler.Exit();
        Assert.Equal(1, requester.Meter.CreatedItems);
    }

    private static SendWorkRequest Write(MemoryRegion local, MemoryRegion remote) => new()
    {
        Opcode = SendOpcode.RdmaWrite, Entry = local.Entry(), RemoteAddress = remote.Address, RemoteKey = remote.RemoteKey,
    };

    // Whatever was under way between the devices has been received when a later exchange is over.
    private static void Flush(DevicePair pair)
    {
        while (pair.QueueA.Poll(new WorkCompletion[64]) > 0)
        {
        }
        var (a, b) = pair.Connect();
        for (ulong id = 0; id < 64; id++)
        {
            a.PostSend(new SendWorkRequest { WorkRequestId = 1000 + id, Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled });
            pair.NextSuccess(pair.QueueA, 1000 + id);
        }
        a.Dispose();
        b.Dispose();
    }
}

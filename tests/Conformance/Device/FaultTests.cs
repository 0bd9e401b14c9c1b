using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>An exception in a stage is a defect; nobody hangs because of it.</summary>
[Collection(DeviceCollection.Name)]
public class FaultTests
{
    public static TheoryData<PipelinePreset> Presets => [.. Enum.GetValues<PipelinePreset>()];

    [Theory]
    [MemberData(nameof(Presets))]
    public async Task AThrowingStageFlushesEverythingAndTellsOfIt(PipelinePreset preset)
    {
        var backend = new ThrowingBackend(new LoopbackFabric().Open());
        var device = RdmaPipelineDevice.Open(backend, new DeviceOptions { Preset = preset });
        var domain = device.CreateProtectionDomain();
        var queue = device.CreateCompletionQueue(100);
        var queuePair = domain.CreateQueuePair(new QueuePairInitAttributes { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
        queuePair.ConnectTo(queuePair.LocalEndpoint);
        using var memory = domain.AllocateMemory(100);
        queuePair.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = memory.Entry() });
        backend.Throws = true;
        queuePair.PostSend(new SendWorkRequest { WorkRequestId = 2, Opcode = SendOpcode.Send, Entry = memory.Entry() });
        var seen = new List<WorkCompletion> { await Next(queue), await Next(queue) };
        Assert.Equal(
            [(1UL, WorkCompletionStatus.WorkRequestFlushedError), (2UL, WorkCompletionStatus.FatalError)],
            seen.Select(completion => (completion.WorkRequestId, completion.Status)).Order());
        queuePair.PostSend(new SendWorkRequest { WorkRequestId = 3, Opcode = SendOpcode.Send, Entry = memory.Entry() });
        var late = await Next(queue);
        Assert.Equal((3UL, WorkCompletionStatus.WorkRequestFlushedError), (late.WorkRequestId, late.Status));
        Assert.True(device.GetPipeline().HasFailed);
        var refusal = Assert.Throws<RdmaException>(() => queuePair.Modify(new QueuePairAttributes { State = QueuePairState.Reset }));
        Assert.Equal(VerbsErrno.EIO, refusal.Errno);
        var events = new List<AsyncEventType>();
        while (device.AsyncEvents.TryRead(out var happened))
            events.Add(happened.Type);
        Assert.Contains(AsyncEventType.DeviceFatal, events);
        Assert.Contains(AsyncEventType.QueuePairFatal, events);
        device.Dispose();
    }

    // R-RESP-41: nobody takes from a shared receive queue any more, and its receives are not flushed: it says so itself.
    [Theory]
    [MemberData(nameof(Presets))]
    public async Task AThrowingStageFailsTheSharedReceiveQueues(PipelinePreset preset)
    {
        var backend = new ThrowingBackend(new LoopbackFabric().Open());
        var device = RdmaPipelineDevice.Open(backend, new DeviceOptions { Preset = preset });
        var domain = device.CreateProtectionDomain();
        var queue = device.CreateCompletionQueue(100);
        var shared = domain.CreateSharedReceiveQueue(new());
        var xrcDomain = device.OpenXrcDomain();
        var xrc = domain.CreateSharedReceiveQueue(
            new() { Type = SharedReceiveQueueType.Xrc, XrcDomain = xrcDomain, CompletionQueue = queue });
        xrcDomain.CreateQueuePair(new() { Type = QueuePairType.XrcTarget });
        var queuePair = domain.CreateQueuePair(
            new() { SendCompletionQueue = queue, ReceiveCompletionQueue = queue, SharedReceiveQueue = shared });
        queuePair.ConnectTo(queuePair.LocalEndpoint);
        using var memory = domain.AllocateMemory(100);
        shared.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = memory.Entry() });
        backend.Throws = true;
        queuePair.PostSend(new SendWorkRequest { WorkRequestId = 2, Opcode = SendOpcode.Send, Entry = memory.Entry() });
        Assert.Equal(WorkCompletionStatus.FatalError, (await Next(queue)).Status);
        var failed = new List<SharedReceiveQueue?>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (failed.Count < 2)
        {
            if ((await device.AsyncEvents.ReadAsync(patience.Token)) is { Type: AsyncEventType.SharedReceiveQueueError } happened)
                failed.Add(happened.SharedReceiveQueue);
        }
        Assert.Equal([shared, xrc], failed.OrderBy(one => one!.Type));
        Assert.Equal(VerbsErrno.EINVAL, Assert.Throws<RdmaException>(() => shared.Query()).Errno);
        device.Dispose();
    }

    private static async Task<WorkCompletion> Next(CompletionQueue queue)
    {
        var one = new WorkCompletion[1];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (queue.Poll(one) == 0)
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
        return one[0];
    }

    private sealed class ThrowingBackend(IPacketBackend inner) : IPacketBackend
    {
        public bool Throws { get; set; }

        public BackendDescription Description => inner.Description;

        public FrameCodec Codec => inner.Codec;

        public PacketPool Pool => inner.Pool;

        public BackendCounters Counters => inner.Counters;

        public int Send(PacketBurst burst) => Throws ? throw new InvalidOperationException("broken on purpose") : inner.Send(burst);

        public int Receive(Span<PacketBurst?> bursts) => inner.Receive(bursts);

        public bool WaitForTraffic(long timeoutNanoseconds, bool orSendReady) => inner.WaitForTraffic(timeoutNanoseconds, orSendReady);

        public void Wake() => inner.Wake();

        public LinkStatus QueryLink() => inner.QueryLink();

        public void Dispose() => inner.Dispose();
    }
}

using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>A polling thread moves packets without allocating a byte, in any thread of the process.</summary>
[Collection(DeviceCollection.Name)]
public class AllocationTests
{
    private const int WarmUp = 3_000;
    private const int Measured = 3_000;

    public static TheoryData<DeviceSetup> Setups =>
    [
        new("mem", PipelinePreset.Staged),
        new("mem", PipelinePreset.Fused),
        new("mem", PipelinePreset.Queued),
        new("udp4", PipelinePreset.Staged),
        new("udp6", PipelinePreset.Staged),
    ];

    [Theory]
    [MemberData(nameof(Setups))]
    public void SteadyWritesAllocateNothing(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, _) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(65_536);
        using var remote = pair.DomainB.AllocateMemory(65_536, DevicePair.FullAccess);
        var write = new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite,
            Flags = SendFlags.Signaled,
            Entry = local.Entry(),
            RemoteAddress = remote.Address,
            RemoteKey = remote.RemoteKey,
        };
        AssertNoAllocation(() =>
        {
            a.PostSend(write);
            Drain(pair, pair.QueueA);
        });
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void SteadySendsAllocateNothing(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(64);
        using var remote = pair.DomainB.AllocateMemory(64, DevicePair.FullAccess);
        var send = new SendWorkRequest { Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, Entry = local.Entry() };
        var receive = new ReceiveWorkRequest { Entry = remote.Entry() };
        AssertNoAllocation(() =>
        {
            b.PostReceive(receive);
            a.PostSend(send);
            Drain(pair, pair.QueueB);
            Drain(pair, pair.QueueA);
        });
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void SteadyUnreliableSendsAllocateNothing(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect(type: QueuePairType.UnreliableConnection);
        using var local = pair.DomainA.AllocateMemory(20_000);
        using var remote = pair.DomainB.AllocateMemory(20_000, DevicePair.FullAccess);
        var send = new SendWorkRequest { Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, Entry = local.Entry() };
        var receive = new ReceiveWorkRequest { Entry = remote.Entry() };
        AssertNoAllocation(() =>
        {
            b.PostReceive(receive);
            a.PostSend(send);
            Drain(pair, pair.QueueB);
            Drain(pair, pair.QueueA);
        });
    }

    [Theory] // Two ways in turn, so that every burst ends where the next datagram goes elsewhere.
    [MemberData(nameof(Setups))]
    public void SteadyDatagramsAllocateNothing(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = (pair.Datagrams(pair.DomainA, pair.QueueA), pair.Datagrams(pair.DomainB, pair.QueueB));
        using var way = DevicePair.Way(pair.DomainA, pair.B);
        using var other = pair.DomainA.CreateAddressHandle(way.Query() with { TrafficClass = 0x20 });
        using var local = pair.DomainA.AllocateMemory(64);
        using var remote = pair.DomainB.AllocateMemory(200, DevicePair.FullAccess);
        var send = new SendWorkRequest
        {
            Opcode = SendOpcode.Send, Entry = local.Entry(), Address = way, RemoteQueuePair = b.Number, RemoteQueueKey = 0x1234,
        };
        SendWorkRequest[] sends = [send, send with { Address = other }];
        var receive = new ReceiveWorkRequest { Entry = remote.Entry() };
        AssertNoAllocation(() =>
        {
            b.PostReceive(receive);
            b.PostReceive(receive);
            a.PostSend(sends);
            for (int i = 0; i < sends.Length; i++)
                Drain(pair, pair.QueueB);
            for (int i = 0; i < sends.Length; i++)
                Drain(pair, pair.QueueA);
        });
    }

    private static readonly WorkCompletion[] One = new WorkCompletion[1];

    private static void Drain(DevicePair pair, CompletionQueue queue)
    {
        while (queue.Poll(One) == 0)
        {
            pair.A.Provider.Drive();
            pair.B.Provider.Drive();
        }
        if (One[0].Status != WorkCompletionStatus.Success)
            Assert.Fail($"{One[0].Status}");
    }

    private static void AssertNoAllocation(Action operation)
    {
        // The measured batch is repeated: the runtime and the test host allocate now and then, the pipeline would for every packet.
        var (thread, process) = (long.MaxValue, long.MaxValue);
        for (int i = 0; i < WarmUp; i++)
            operation();
        for (int attempt = 0; attempt < 5 && (thread > 0 || process >= Measured); attempt++)
        {
            long processBefore = GC.GetTotalAllocatedBytes(precise: true);
            long threadBefore = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Measured; i++)
                operation();
            thread = Math.Min(thread, GC.GetAllocatedBytesForCurrentThread() - threadBefore);
            process = Math.Min(process, GC.GetTotalAllocatedBytes(precise: true) - processBefore);
        }
        Assert.Equal(0, thread);
        // The smallest object has 24 bytes: one for each operation, in any thread, would show.
        Assert.True(process < Measured, $"{process} bytes in {Measured} operations");
    }
}

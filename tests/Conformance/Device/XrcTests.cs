using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>XRC through the whole pipeline: one connection, several shared receive queues behind it (R-REQ-59, R-RESP-42).</summary>
[Collection(DeviceCollection.Name)]
public class XrcTests
{
    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    private static readonly int[] Sizes = [0, 1, 3, 255, 1024, 4096, 4097, 65_536, 300_001];

    [Theory]
    [MemberData(nameof(Setups))]
    public void SendOfEverySizeReachesTheQueueThatIsNamed(DeviceSetup setup)
    {
        using var pair = new XrcPair(setup);
        using var source = pair.Devices.DomainA.AllocateMemory(300_001);
        foreach (int size in Sizes)
        {
            for (int queue = 0; queue < XrcPair.Queues; queue++)
            {
                var sink = pair.Memory(queue);
                Pattern.Fill(source.AsSpan(0, size), size + queue);
                sink.AsSpan(0, 300_001).Clear();
                pair.Shared(queue).PostReceive(new ReceiveWorkRequest { WorkRequestId = 5, Entry = sink.Entry() });
                pair.Initiator.PostSend(pair.Request(SendOpcode.SendWithImmediate, source, size, queue));
                var received = pair.Devices.NextSuccess(pair.Completions(queue), 5);
                Assert.Equal((WorkCompletionOpcode.Receive, (uint)size, XrcPair.Immediate, pair.Target.Number),
                    (received.Opcode, received.ByteLength, received.Immediate, received.QueuePairNumber));
                Assert.True(Pattern.Matches(sink.AsSpan(0, size), size + queue), $"{size} bytes to queue {queue}");
                pair.Devices.NextSuccess(pair.Devices.QueueA, 1);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void WritesAndReadsGoToTheMemoryBehindTheQueue(DeviceSetup setup)
    {
        using var pair = new XrcPair(setup);
        using var local = pair.Devices.DomainA.AllocateMemory(700_000, DevicePair.FullAccess);
        foreach (int size in Sizes)
        {
            for (int queue = 0; queue < XrcPair.Queues; queue++)
            {
                var remote = pair.Memory(queue);
                Pattern.Fill(local.AsSpan(0, size), size + queue);
                remote.AsSpan(0, 300_001).Clear();
                pair.Shared(queue).PostReceive(new ReceiveWorkRequest { WorkRequestId = 6 });
                pair.Initiator.PostSend(pair.Request(SendOpcode.RdmaWriteWithImmediate, local, size, queue));
                var written = pair.Devices.NextSuccess(pair.Completions(queue), 6);
                Assert.Equal((WorkCompletionOpcode.ReceiveRdmaWithImmediate, (uint)size), (written.Opcode, written.ByteLength));
                pair.Devices.NextSuccess(pair.Devices.QueueA, 1);
                Assert.True(Pattern.Matches(remote.AsSpan(0, size), size + queue), $"write of {size} bytes");
                var read = pair.Request(SendOpcode.RdmaRead, local, 0, queue) with { Entry = local.Entry(350_000, (ulong)size) };
                pair.Initiator.PostSend(read);
                Assert.Equal(WorkCompletionOpcode.RdmaRead, pair.Devices.NextSuccess(pair.Devices.QueueA, 1).Opcode);
                Assert.True(Pattern.Matches(local.AsSpan(350_000, size), size + queue), $"read of {size} bytes");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void AtomicsAndInvalidationWork(DeviceSetup setup)
    {
        using var pair = new XrcPair(setup);
        using var local = pair.Devices.DomainA.AllocateMemory(16, DevicePair.FullAccess);
        BitConverter.TryWriteBytes(pair.Memory(1).AsSpan(0, 8), 100UL);
        pair.Initiator.PostSend(pair.Request(SendOpcode.FetchAndAdd, local, 8, 1) with { CompareAdd = 23 });
        pair.Devices.NextSuccess(pair.Devices.QueueA, 1);
        Assert.Equal(100UL, BitConverter.ToUInt64(local.AsSpan(0, 8)));
        pair.Initiator.PostSend(pair.Request(SendOpcode.CompareAndSwap, local, 8, 1) with { CompareAdd = 123, Swap = 7 });
        pair.Devices.NextSuccess(pair.Devices.QueueA, 1);
        Assert.Equal((123UL, 7UL), (BitConverter.ToUInt64(local.AsSpan(0, 8)), BitConverter.ToUInt64(pair.Memory(1).AsSpan(0, 8))));

        var lent = pair.Domain(1).RegisterMemory(new byte[8], DevicePair.FullAccess, peerMayInvalidate: true);
        pair.Shared(1).PostReceive(new ReceiveWorkRequest { WorkRequestId = 9, Entry = pair.Memory(1).Entry() });
        pair.Initiator.PostSend(pair.Request(SendOpcode.SendWithInvalidate, local, 8, 1) with { InvalidateKey = lent.RemoteKey });
        Assert.Equal(lent.RemoteKey, pair.Devices.NextSuccess(pair.Completions(1), 9).InvalidatedKey);
        Assert.False(lent.IsValid);
    }

    // Initiators of several queue pairs, and so of several shards, into the same two queues.
    [Theory]
    [MemberData(nameof(Setups))]
    public void TargetsShareTheQueuesOfTheirDomain(DeviceSetup setup)
    {
        const int connections = 6, messages = 12, size = 5_000, slots = 8;
        using var pair = new XrcPair(setup);
        using var source = pair.Devices.DomainA.AllocateMemory(connections * size);
        var ends = Enumerable.Range(0, connections).Select(_ => pair.Connect()).ToArray();
        for (int queue = 0; queue < XrcPair.Queues; queue++)
            for (int slot = 0; slot < slots; slot++)
                Post(queue, (ulong)slot);
        for (int message = 0; message < messages; message++)
        {
            int queue = message % XrcPair.Queues;
            for (int i = 0; i < connections; i++)
            {
                Pattern.Fill(source.AsSpan((ulong)(i * size), size), (message * 100) + i);
                ends[i].Initiator.PostSend(pair.Request(SendOpcode.SendWithImmediate, source, 0, queue) with
                {
                    Entry = source.Entry((ulong)(i * size), size), Immediate = (uint)i,
                });
            }
            for (int i = 0; i < connections; i++)
            {
                var received = pair.Devices.Next(pair.Completions(queue));
                int from = (int)received.Immediate;
                Assert.Equal((WorkCompletionStatus.Success, ends[from].Target.Number), (received.Status, received.QueuePairNumber));
                var placed = pair.Memory(queue).AsSpan(received.WorkRequestId * size, size);
                Assert.True(Pattern.Matches(placed, (message * 100) + from));
                Post(queue, received.WorkRequestId);
            }
            for (int i = 0; i < connections; i++)
                pair.Devices.NextSuccess(pair.Devices.QueueA, 1);
        }

        void Post(int queue, ulong slot) => pair.Shared(queue).PostReceive(
            new ReceiveWorkRequest { WorkRequestId = slot, Entry = pair.Memory(queue).Entry(slot * size, size) });
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void AnUnknownQueueFailsBothSides(DeviceSetup setup)
    {
        using var pair = new XrcPair(setup);
        using var local = pair.Devices.DomainA.AllocateMemory(16);
        var opened = pair.XrcDomain.OpenQueuePair(pair.Target.Number);
        pair.Initiator.PostSend(pair.Request(SendOpcode.Send, local, 8, 0) with { RemoteSharedReceiveQueue = 0xFFFFFF });
        var failed = pair.Devices.Next(pair.Devices.QueueA);
        Assert.Equal(WorkCompletionStatus.RemoteInvalidRequestError, failed.Status);
        pair.Devices.Until(() => pair.Target.State == QueuePairState.Error, "the target in ERR");
        Assert.Equal((QueuePairState.Error, QueuePairState.Error), (pair.Initiator.State, opened.State));
        // Every handle is told.
        var told = new List<(AsyncEventType, QueuePair?)>();
        while (told.Count < 4)
        {
            var happened = pair.Devices.NextEvent(pair.Devices.B);
            if (happened.Type != AsyncEventType.CommunicationEstablished)
                told.Add((happened.Type, happened.QueuePair));
        }
        Assert.Equal(
            [(AsyncEventType.QueuePairRequestError, pair.Target), (AsyncEventType.QueuePairRequestError, opened),
             (AsyncEventType.LastWorkRequestReached, pair.Target), (AsyncEventType.LastWorkRequestReached, opened)], told);
    }

    // R_Keys and entries are of the queue's protection domain: the memory behind one queue is out of reach through another.
    [Theory]
    [MemberData(nameof(Setups))]
    public void MemoryBehindOneQueueIsOutOfReachThroughAnother(DeviceSetup setup)
    {
        using var pair = new XrcPair(setup);
        using var local = pair.Devices.DomainA.AllocateMemory(16);
        pair.Memory(0).AsSpan(0, 16).Fill(1);
        var write = pair.Request(SendOpcode.RdmaWrite, local, 16, 0);
        pair.Initiator.PostSend(write with { RemoteSharedReceiveQueue = pair.Shared(1).Number });
        Assert.Equal(WorkCompletionStatus.RemoteAccessError, pair.Devices.Next(pair.Devices.QueueA).Status);
        Assert.Equal(-1, pair.Memory(0).AsSpan(0, 16).IndexOfAnyExcept((byte)1));
    }

    // destroy_srq: the receives vanish, the one that a message is filling included, and the message is refused.
    [Theory]
    [MemberData(nameof(Setups))]
    public void AQueueMayGoUnderLoad(DeviceSetup setup)
    {
        const int receives = 4;
        using var pair = new XrcPair(setup);
        using var local = pair.Devices.DomainA.AllocateMemory(300_000);
        for (ulong i = 0; i < receives; i++)
            pair.Shared(0).PostReceive(new ReceiveWorkRequest { WorkRequestId = i, Entry = pair.Memory(0).Entry() });
        for (int i = 0; i < receives + 2; i++)
            pair.Initiator.PostSend(pair.Request(SendOpcode.Send, local, 300_000, 0));
        pair.Devices.B.Provider.Drive();
        pair.Shared(0).Dispose();
        pair.Memory(0).Dispose();
        var statuses = Enumerable.Range(0, receives + 2).Select(_ => pair.Devices.Next(pair.Devices.QueueA).Status).ToList();
        int first = statuses.FindIndex(status => status != WorkCompletionStatus.Success);
        Assert.InRange(first, 0, receives);
        Assert.Equal(WorkCompletionStatus.RemoteInvalidRequestError, statuses[first]);
        Assert.All(statuses[(first + 1)..], status => Assert.Equal(WorkCompletionStatus.WorkRequestFlushedError, status));
    }
}

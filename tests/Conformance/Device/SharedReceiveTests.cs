using System.Collections.Concurrent;
using RdmaPipeline.Graph;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>One receive queue for many connections, on as many shards as the device has (responder.md section 12).</summary>
[Collection(DeviceCollection.Name)]
public class SharedReceiveTests
{
    private const int Largest = 9_000;

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    public static TheoryData<DeviceSetup> Threaded => DeviceSetup.Threaded;

    /// <summary>Setups with several shards, whose queue pairs take from one queue at the same time.</summary>
    public static TheoryData<DeviceSetup> Sharded =>
    [
        new("mem", PipelinePreset.Staged, shards: 4),
        new("mem", PipelinePreset.Queued, shards: 4),
        new("mem", PipelinePreset.Polling, shards: 2),
        new("mem", PipelinePreset.Staged, ShardDriverKind.Dedicated, shards: 2),
        new("udp4", PipelinePreset.Staged, shards: 4),
        new("udp6", PipelinePreset.Queued, shards: 4),
    ];

    public static TheoryData<DeviceSetup> PollingShards =>
    [
        new("mem", PipelinePreset.Polling, shards: 2),
        new("mem", PipelinePreset.Polling, shards: 4),
        new("udp4", PipelinePreset.Polling, shards: 2),
    ];

    [Theory]
    [MemberData(nameof(Setups))]
    public void ConnectionsShareTheReceivesOfOneQueue(DeviceSetup setup) => Exchange(setup, connections: 8, messages: 20, receives: 16);

    [Theory]
    [MemberData(nameof(Sharded))]
    public void ConnectionsOfSeveralShardsShareOneQueue(DeviceSetup setup) => Exchange(setup, connections: 16, messages: 40, receives: 5);

    // Threads that never park compete for the processors with those that they wait for, and with everything else on the machine. No ACK
    // timer (R-REQ-38: timeout 0) repeats what they are late with, so a wake-up, a receive or a packet that gets lost is a hang.
    [Theory]
    [MemberData(nameof(PollingShards))]
    public void PollingShardsShareOneQueue(DeviceSetup setup) =>
        Exchange(setup, connections: 8, messages: 15, receives: 3, new ConnectOptions { MinRnrTimer = 1, Timeout = 0 });

    // Many producers, many consuming shards: threads post while the shards take, and every message lands whole in a receive of its own.
    [Theory]
    [MemberData(nameof(Sharded))]
    public async Task ThreadsPostWhileTheShardsTake(DeviceSetup setup)
    {
        const int connections = 8, messages = 60, threads = 3, slots = 240;
        using var pair = new DevicePair(setup);
        var shared = pair.DomainB.CreateSharedReceiveQueue(new() { MaxWorkRequests = 32 });
        using var source = pair.DomainA.AllocateMemory(connections * Largest);
        using var sink = pair.DomainB.AllocateMemory(slots * Largest);
        var senders = Connect(pair, shared, connections, new ConnectOptions { MinRnrTimer = 1 }).Select(ends => ends.A).ToArray();
        var free = new ConcurrentQueue<ulong>(Enumerable.Range(0, slots).Select(slot => (ulong)slot));
        using var end = new CancellationTokenSource();
        var posting = Enumerable.Range(0, threads)
            .Select(_ => Task.Factory.StartNew(() => Post(shared, sink, free, end.Token), TaskCreationOptions.LongRunning)).ToArray();
        var (sent, arrived) = (new int[connections], new int[connections]);
        for (int i = 0; i < connections; i++)
            SendNext(senders[i], source, i, sent[i]++);
        for (int left = connections * messages; left > 0; left--)
        {
            free.Enqueue(TakeNext(pair, sink, arrived));
            var acknowledged = pair.Next(pair.QueueA);
            Assert.Equal(WorkCompletionStatus.Success, acknowledged.Status);
            // One message of a connection is under way at a time, so its source may be filled again.
            int connection = (int)acknowledged.WorkRequestId;
            if (sent[connection] < messages)
                SendNext(senders[connection], source, connection, sent[connection]++);
        }
        await end.CancelAsync();
        await Task.WhenAll(posting);
        Assert.All(arrived, count => Assert.Equal(messages, count));
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void AnEmptyQueueMakesTheSenderWait(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var shared = pair.DomainB.CreateSharedReceiveQueue(new() { MaxWorkRequests = 1 });
        using var source = pair.DomainA.AllocateMemory(Largest);
        using var sink = pair.DomainB.AllocateMemory(Largest);
        var (a, _) = Connect(pair, shared, 1, new ConnectOptions { MinRnrTimer = 1 })[0];
        Pattern.Fill(source.AsSpan(0, Largest), 3);
        a.PostSend(Send(1, source.Entry(), 0));
        pair.Until(() => pair.B.GetPipeline().HardwareCounters["send_rnr_err"] > 0, "an RNR NAK (R-RESP-16)");
        shared.PostReceive(Receive(0, sink));
        pair.NextSuccess(pair.QueueB, 0);
        pair.NextSuccess(pair.QueueA, 1);
        Assert.True(Pattern.Matches(sink.AsSpan(0, Largest), 3));
    }

    // R-RESP-39, R-RESP-40, R-CQ-20
    [Theory]
    [MemberData(nameof(Setups))]
    public void TheQueueTellsOfItsLimitAndTheQueuePairOfItsLastReceive(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var shared = pair.DomainB.CreateSharedReceiveQueue(new() { MaxWorkRequests = 4 });
        using var source = pair.DomainA.AllocateMemory(Largest);
        using var sink = pair.DomainB.AllocateMemory(4 * Largest);
        var (a, b) = Connect(pair, shared, 1)[0];
        for (ulong slot = 0; slot < 4; slot++)
            shared.PostReceive(Receive(slot, sink));
        shared.Modify(new() { Limit = 3 });
        for (ulong message = 0; message < 2; message++)
        {
            a.PostSend(Send(message, source.Entry(), 0));
            pair.NextSuccess(pair.QueueB, message);
            pair.NextSuccess(pair.QueueA, message);
        }
        var limit = EventOf(pair, AsyncEventType.SharedReceiveQueueLimitReached);
        Assert.Equal((shared, null), (limit.SharedReceiveQueue, limit.QueuePair));
        Assert.Equal(0, shared.Query().Limit);

        b.Modify(new QueuePairAttributes { State = QueuePairState.Error });
        var last = EventOf(pair, AsyncEventType.LastWorkRequestReached);
        Assert.Equal((b, null), (last.QueuePair, last.SharedReceiveQueue));
        // Not flushed: they are there for whoever is connected next.
        Assert.Equal(2, shared.Count);
        var (next, _) = Connect(pair, shared, 1)[0];
        next.PostSend(Send(7, source.Entry(), 0));
        pair.NextSuccess(pair.QueueB, 2);
        pair.NextSuccess(pair.QueueA, 7);
    }

    // The queue may get another size under load (verbs.md 5); content and order stay.
    [Theory]
    [MemberData(nameof(Setups))]
    public void TheQueueIsResizedUnderLoad(DeviceSetup setup)
    {
        const int messages = 60;
        using var pair = new DevicePair(setup);
        var shared = pair.DomainB.CreateSharedReceiveQueue(new() { MaxWorkRequests = messages });
        using var source = pair.DomainA.AllocateMemory(Largest);
        using var sink = pair.DomainB.AllocateMemory(messages * Largest);
        var (a, _) = Connect(pair, shared, 1)[0];
        Pattern.Fill(source.AsSpan(0, Largest), 9);
        for (ulong slot = 0; slot < messages / 2; slot++)
            shared.PostReceive(Receive(slot, sink));
        for (ulong message = 0; message < messages; message++)
            a.PostSend(Send(message, source.Entry(), 0));
        for (ulong slot = messages / 2; slot < messages; slot++)
        {
            shared.Modify(new() { MaxWorkRequests = messages + (int)(slot % 5) });
            shared.PostReceive(Receive(slot, sink));
            pair.A.Provider.Drive();
        }
        for (ulong message = 0; message < messages; message++)
        {
            pair.NextSuccess(pair.QueueB, message);
            pair.NextSuccess(pair.QueueA, message);
            Assert.True(Pattern.Matches(sink.AsSpan(message * Largest, Largest), 9));
        }
    }

    // Queue pairs go while messages fill receives of the queue; the others go on, and the queue goes last.
    [Theory]
    [MemberData(nameof(Setups))]
    public void QueuePairsMayBeDestroyedUnderLoad(DeviceSetup setup)
    {
        const int slots = 40;
        using var pair = new DevicePair(setup);
        var shared = pair.DomainB.CreateSharedReceiveQueue(new() { MaxWorkRequests = slots });
        using var source = pair.DomainA.AllocateMemory(1 << 18);
        using var sink = pair.DomainB.AllocateMemory(1 << 18);
        for (int round = 0; round < 5; round++)
        {
            while (shared.TryPostReceive(new ReceiveWorkRequest { WorkRequestId = 1, Entry = sink.Entry() }))
            {
            }
            var ends = Connect(pair, shared, 4, new ConnectOptions { Timeout = 10, RetryCount = 1 });
            foreach (var (a, _) in ends)
                a.PostSend(Send(0, source.Entry(), 0));
            for (int turn = 0; turn < 3 * round; turn++)
                pair.B.Provider.Drive();
            foreach (var (a, b) in ends)
            {
                (round % 2 == 0 ? a : b).Dispose();
                (round % 2 == 0 ? b : a).Dispose();
            }
            while (pair.QueueA.Poll(new WorkCompletion[64]) + pair.QueueB.Poll(new WorkCompletion[64]) > 0)
            {
            }
        }
        shared.Dispose();
        Assert.Equal(0, pair.B.SharedReceiveQueueCount);
    }

    private static void SendNext(QueuePair sender, MemoryRegion source, int connection, int number)
    {
        var entry = source.Entry((ulong)(connection * Largest), (ulong)Size(connection, number));
        Pattern.Fill(source.AsSpan((ulong)(connection * Largest), (int)entry.Length), (connection << 16) | number);
        sender.PostSend(Send((ulong)connection, entry, (uint)((connection << 16) | number)));
    }

    private static ulong TakeNext(DevicePair pair, MemoryRegion sink, int[] arrived)
    {
        var completion = pair.Next(pair.QueueB);
        int connection = (int)completion.Immediate >> 16, number = (int)completion.Immediate & 0xFFFF, size = Size(connection, number);
        Assert.Equal((WorkCompletionStatus.Success, (uint)size), (completion.Status, completion.ByteLength));
        Assert.Equal(arrived[connection]++, number);
        Assert.True(Pattern.Matches(sink.AsSpan(completion.WorkRequestId * Largest, size), (int)completion.Immediate));
        return completion.WorkRequestId;
    }

    private static void Post(SharedReceiveQueue shared, MemoryRegion sink, ConcurrentQueue<ulong> free, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            if (!free.TryDequeue(out ulong slot))
                Thread.Yield();
            else if (!shared.TryPostReceive(Receive(slot, sink)))
                free.Enqueue(slot);
        }
    }

    private static void Exchange(DeviceSetup setup, int connections, int messages, int receives, ConnectOptions? options = null)
    {
        using var pair = new DevicePair(setup);
        var shared = pair.DomainB.CreateSharedReceiveQueue(new() { MaxWorkRequests = receives });
        using var source = pair.DomainA.AllocateMemory(connections * Largest);
        using var sink = pair.DomainB.AllocateMemory(receives * Largest);
        var ends = Connect(pair, shared, connections, options ?? new ConnectOptions { MinRnrTimer = 1 });
        // A device that talks to itself gives every other number to the sending side.
        if (setup.Shards > 2)
            Assert.InRange(ends.Select(end => end.B.Number % (uint)setup.Shards).Distinct().Count(), 2, setup.Shards);
        for (int i = 0; i < receives; i++)
            shared.PostReceive(Receive((ulong)i, sink));
        for (int round = 0; round < messages; round++)
        {
            for (int i = 0; i < connections; i++)
            {
                var entry = source.Entry((ulong)(i * Largest), (ulong)Size(i, round));
                Pattern.Fill(source.AsSpan((ulong)(i * Largest), (int)entry.Length), (i << 16) | round);
                ends[i].A.PostSend(Send((ulong)i, entry, (uint)((i << 16) | round)));
            }
            for (int i = 0; i < connections; i++)
                Take(pair, shared, sink, ends, round);
            for (int i = 0; i < connections; i++)
                Assert.Equal(WorkCompletionStatus.Success, pair.Next(pair.QueueA).Status);
        }
        Assert.Equal(receives, shared.Count);
    }

    private static void Take(DevicePair pair, SharedReceiveQueue shared, MemoryRegion sink, (QueuePair A, QueuePair B)[] ends, int round)
    {
        var completion = pair.Next(pair.QueueB);
        int connection = (int)completion.Immediate >> 16, size = Size(connection, round);
        Assert.Equal((WorkCompletionStatus.Success, (uint)size, ends[connection].B.Number),
            (completion.Status, completion.ByteLength, completion.QueuePairNumber));
        Assert.Equal((uint)((connection << 16) | round), completion.Immediate);
        Assert.True(Pattern.Matches(sink.AsSpan(completion.WorkRequestId * Largest, size), (int)completion.Immediate));
        shared.PostReceive(Receive(completion.WorkRequestId, sink));
    }

    private static (QueuePair A, QueuePair B)[] Connect(
        DevicePair pair, SharedReceiveQueue shared, int connections, ConnectOptions? options = null)
    {
        var ends = new (QueuePair A, QueuePair B)[connections];
        for (int i = 0; i < connections; i++)
        {
            var a = pair.DomainA.CreateQueuePair(new() { SendCompletionQueue = pair.QueueA, ReceiveCompletionQueue = pair.QueueA });
            var b = pair.DomainB.CreateQueuePair(
                new() { SendCompletionQueue = pair.QueueB, ReceiveCompletionQueue = pair.QueueB, SharedReceiveQueue = shared });
            a.ConnectTo(b.LocalEndpoint, options);
            b.ConnectTo(a.LocalEndpoint, options);
            ends[i] = (a, b);
        }
        return ends;
    }

    private static AsyncEvent EventOf(DevicePair pair, AsyncEventType type)
    {
        AsyncEvent seen;
        do
            seen = pair.NextEvent(pair.B);
        while (seen.Type != type);
        return seen;
    }

    private static int Size(int connection, int number) => ((connection * 1_237) + (number * 3_001)) % Largest;

    private static ReceiveWorkRequest Receive(ulong slot, MemoryRegion sink) =>
        new() { WorkRequestId = slot, Entry = sink.Entry(slot * Largest, Largest) };

    private static SendWorkRequest Send(ulong id, ScatterGatherEntry entry, uint immediate) => new()
    {
        WorkRequestId = id, Opcode = SendOpcode.SendWithImmediate, Flags = SendFlags.Signaled, Entry = entry, Immediate = immediate,
    };
}

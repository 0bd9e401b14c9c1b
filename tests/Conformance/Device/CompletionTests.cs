using RdmaPipeline.Graph;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Completion queues under the shards' own hands: resized in use, with times, with fewer events (completion.md 1).</summary>
[Collection(DeviceCollection.Name)]
public class CompletionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    public static TheoryData<DeviceSetup> Threaded => DeviceSetup.Threaded;

    // R-CQ-7: with queue pairs active; R-CQ-16: the order of a queue stays.
    [Theory]
    [MemberData(nameof(Threaded))]
    public async Task AQueueIsResizedWhileItIsFilledAndPolled(DeviceSetup setup)
    {
        const int messages = 1500;
        const int depth = 32;
        using var pair = new DevicePair(setup);
        var queue = pair.A.CreateCompletionQueue(2 * depth);
        var (_, b) = pair.Connect();
        var a = pair.DomainA.CreateQueuePair(new QueuePairInitAttributes
        {
            SendCompletionQueue = queue, ReceiveCompletionQueue = queue, SignalAll = true,
        });
        b.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
        a.ConnectTo(b.LocalEndpoint);
        b.ConnectTo(a.LocalEndpoint);
        int polled = 0;
        var post = Start(() =>
        {
            for (int id = 0; id < messages; id++)
            {
                Assert.True(SpinWait.SpinUntil(() => id - Volatile.Read(ref polled) < depth, Patience));
                a.PostSend(new SendWorkRequest { WorkRequestId = (ulong)id, Opcode = SendOpcode.RdmaWrite });
            }
        });
        var poll = Start(() =>
        {
            var some = new WorkCompletion[5];
            while (polled < messages)
            {
                int count = 0;
                Assert.True(SpinWait.SpinUntil(() => (count = queue.Poll(some)) > 0, Patience));
                for (int i = 0; i < count; i++)
                    Assert.Equal(((ulong)polled + (ulong)i, WorkCompletionStatus.Success), (some[i].WorkRequestId, some[i].Status));
                Volatile.Write(ref polled, polled + count);
            }
        });
        int resized = 0;
        while (!poll.IsCompleted)
        {
            queue.Resize(depth + (resized++ % depth));
            await Task.Yield();
        }
        await Task.WhenAll(post, poll);
        Assert.True(resized > 3, $"resized {resized} times only");
        a.Dispose();
        queue.Dispose();
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void CompletionsAreTimedByTheClockOfTheDevice(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var queue = pair.A.CreateCompletionQueue(new CompletionQueueOptions { Capacity = 16, Timestamps = true });
        var (_, b) = pair.Connect();
        var a = pair.DomainA.CreateQueuePair(new QueuePairInitAttributes
        {
            SendCompletionQueue = queue, ReceiveCompletionQueue = queue, SignalAll = true,
        });
        b.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
        a.ConnectTo(b.LocalEndpoint);
        b.ConnectTo(a.LocalEndpoint);
        long last = 0;
        for (ulong id = 0; id < 8; id++)
        {
            long before = pair.A.ReadClock();
            a.PostSend(new SendWorkRequest { WorkRequestId = id, Opcode = SendOpcode.RdmaWrite });
            pair.Until(() => queue.Count == 1, "a completion");
            long after = pair.A.ReadClock();
            CompletionReader reader = queue.Read();
            Assert.True(reader.MoveNext());
            Assert.Equal((id, WorkCompletionStatus.Success), (reader.Current.WorkRequestId, reader.Current.Status));
            Assert.InRange(reader.Timestamp, Math.Max(before, last), after);
            last = reader.Timestamp;
        }
        a.Dispose();
    }

    // modify_cq: the shard's own timer ends the wait, on whichever shard the queue pair lives.
    [Theory]
    [MemberData(nameof(Threaded))]
    public async Task AnEventIsHeldBackForItsPeriodAndNoLonger(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var patience = new CancellationTokenSource(Patience);
        using var channel = pair.A.CreateCompletionChannel();
        using var queue = pair.A.CreateCompletionQueue(64, channel);
        for (int round = 0; round < 3; round++)
        {
            var (_, b) = pair.Connect();
            using var a = pair.DomainA.CreateQueuePair(new QueuePairInitAttributes
            {
                SendCompletionQueue = queue, ReceiveCompletionQueue = queue, SignalAll = true,
            });
            b.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
            a.ConnectTo(b.LocalEndpoint);
            b.ConnectTo(a.LocalEndpoint);
            var period = TimeSpan.FromMilliseconds(20);
            queue.SetModeration(10, period);
            queue.RequestNotification(NotificationKind.Next);
            long posted = pair.A.ReadClock();
            a.PostSend(new SendWorkRequest { WorkRequestId = 1, Opcode = SendOpcode.RdmaWrite });
            Assert.Same(queue, await channel.GetEventAsync(patience.Token));
            Assert.True(pair.A.ReadClock() - posted >= period.TotalNanoseconds, "told before the period was over");
            queue.AcknowledgeEvents(1);
            pair.NextSuccess(queue, 1);

            // As many as make an event: the period does not matter.
            queue.SetModeration(3, TimeSpan.Zero);
            queue.RequestNotification(NotificationKind.Next);
            for (ulong id = 0; id < 3; id++)
            {
                Assert.Equal(0, channel.PendingEvents);
                a.PostSend(new SendWorkRequest { WorkRequestId = id, Opcode = SendOpcode.RdmaWrite });
                int count = (int)id + 1;
                pair.Until(() => queue.Count == count, "a completion");
            }
            Assert.Same(queue, await channel.GetEventAsync(patience.Token));
            queue.AcknowledgeEvents(1);
            for (ulong id = 0; id < 3; id++)
                pair.NextSuccess(queue, id);
        }
    }

    [Fact]
    public void InVirtualTimeAHeldEventComesAtItsTime()
    {
        var time = new Testing.VirtualTimeProvider();
        var setup = new DeviceSetup("mem-self", PipelinePreset.Staged, ShardDriverKind.Seeded);
        using var pair = new DevicePair(setup, setup.Options with { TimeProvider = time, Seed = 1 });
        using var channel = pair.A.CreateCompletionChannel();
        var queues = Enumerable.Range(0, 6).Select(_ => pair.A.CreateCompletionQueue(4, channel)).ToArray();
        var queuePairs = queues.Select(queue => pair.DomainA.CreateQueuePair(new QueuePairInitAttributes
        {
            SendCompletionQueue = queue, ReceiveCompletionQueue = queue, SignalAll = true,
        })).ToArray();
        for (int i = 0; i < queues.Length; i++)
        {
            queuePairs[i].ConnectTo(queuePairs[i].LocalEndpoint, new ConnectOptions { Timeout = 0 });
            queues[i].SetModeration(0, TimeSpan.FromMicroseconds(100 * (6 - i)));
            queues[i].RequestNotification(NotificationKind.Next);
            queuePairs[i].PostSend(new SendWorkRequest { Opcode = SendOpcode.RdmaWrite });
        }
        pair.Until(() => queues.All(queue => queue.Count == 1), "the completions");
        var told = new List<CompletionQueue>();
        for (int i = 1; i <= 6; i++)
        {
            Assert.False(channel.TryGetEvent(out _));
            time.MoveTo((100_000 * i) + 50_000);
            while (pair.A.Provider.Drive())
            {
            }
            Assert.True(channel.TryGetEvent(out var queue));
            told.Add(queue);
        }
        Assert.Equal(queues.Reverse(), told);
        Array.ForEach(queuePairs, queuePair => queuePair.Dispose());
        Array.ForEach(queues, queue => queue.Dispose());
    }

    private static Task Start(Action body) => Task.Factory.StartNew(body, TaskCreationOptions.LongRunning);
}

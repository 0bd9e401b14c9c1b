using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Many queue pairs and many threads on one device.</summary>
[Collection(DeviceCollection.Name)]
public class ConcurrencyTests
{
    private const int Size = 3_000;

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    public static TheoryData<DeviceSetup> Threaded => DeviceSetup.Threaded;

    [Theory]
    [MemberData(nameof(Setups))]
    public void ManyQueuePairsShareADevice(DeviceSetup setup)
    {
        const int queuePairs = 64;
        const int rounds = 5;
        using var pair = new DevicePair(setup);
        using var source = pair.DomainA.AllocateMemory(queuePairs * Size);
        using var sink = pair.DomainB.AllocateMemory(queuePairs * Size, DevicePair.FullAccess);
        var connected = Enumerable.Range(0, queuePairs).Select(_ => pair.Connect()).ToArray();
        for (int i = 0; i < queuePairs; i++)
            Pattern.Fill(source.AsSpan((ulong)(i * Size), Size), i);
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < queuePairs; i++)
            {
                var slot = sink.Entry((ulong)(i * Size), Size);
                connected[i].B.PostReceive(new ReceiveWorkRequest { WorkRequestId = (ulong)i, Entry = slot });
                connected[i].A.PostSend(Send((ulong)i, source.Entry((ulong)(i * Size), Size)));
            }
            foreach (var queue in new[] { pair.QueueA, pair.QueueB })
            {
                var ids = Enumerable.Range(0, queuePairs).Select(_ => pair.Next(queue)).Select(Succeeded).Order();
                Assert.Equal(Enumerable.Range(0, queuePairs).Select(i => (ulong)i), ids);
            }
        }
        for (int i = 0; i < queuePairs; i++)
            Assert.True(Pattern.Matches(sink.AsSpan((ulong)(i * Size), Size), i), $"queue pair {i}");
    }

    [Theory]
    [MemberData(nameof(Threaded))]
    public async Task AwaitedQueuesWakeTheirWaiters(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect();
        using var source = pair.DomainA.AllocateMemory(Size);
        using var sink = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var one = new WorkCompletion[1];
        for (int i = 0; i < 200; i++)
        {
            b.PostReceive(new ReceiveWorkRequest { WorkRequestId = (ulong)i, Entry = sink.Entry() });
            a.PostSend(Send((ulong)i, source.Entry()));
            Assert.Equal(1, await pair.QueueB.PollAsync(one, patience.Token));
            Assert.Equal((ulong)i, Succeeded(one[0]));
            Assert.Equal(1, await pair.QueueA.PollAsync(one, patience.Token));
            Assert.Equal((ulong)i, Succeeded(one[0]));
        }
    }

    [Theory]
    [MemberData(nameof(Threaded))]
    public async Task ThreadsMayPostToOneQueuePairAndPollOneQueue(DeviceSetup setup)
    {
        const int threads = 4;
        const int each = 300;
        using var pair = new DevicePair(setup);
        var (a, _) = pair.Connect(new QueuePairCapabilities { MaxSendWorkRequests = 64 });
        using var sink = pair.DomainB.AllocateMemory(threads * each * 8, DevicePair.FullAccess);
        var seen = new int[threads * each];
        var posts = Enumerable.Range(0, threads).Select(thread => Start(() => PostNumbers(a, sink, thread * each, each)));
        var polls = Enumerable.Range(0, threads).Select(_ => Start(() => PollAll(pair.QueueA, seen)));
        await Task.WhenAll([.. posts, .. polls]);
        Assert.All(seen, times => Assert.Equal(1, times));
        for (int i = 0; i < seen.Length; i++)
            Assert.Equal((ulong)i + 1, BitConverter.ToUInt64(sink.AsSpan((ulong)i * 8, 8)));
    }

    [Theory]
    [MemberData(nameof(Threaded))]
    public async Task SeveralWaitersOfOneQueueGetEveryCompletionOnce(DeviceSetup setup)
    {
        const int messages = 400;
        using var pair = new DevicePair(setup);
        var (a, _) = pair.Connect(new QueuePairCapabilities { MaxSendWorkRequests = 64 });
        using var sink = pair.DomainB.AllocateMemory(messages * 8, DevicePair.FullAccess);
        using var end = new CancellationTokenSource(Patience);
        var seen = new int[messages];
        int left = messages;
        var waiters = Enumerable.Range(0, 3).Select(_ => Task.Run(Wait)).ToArray();
        PostNumbers(a, sink, 0, messages);
        await Task.WhenAll(waiters);
        Assert.All(seen, times => Assert.Equal(1, times));

        async Task Wait()
        {
            var some = new WorkCompletion[4];
            while (Volatile.Read(ref left) > 0)
            {
                int count;
                try
                {
                    count = await pair.QueueA.PollAsync(some, end.Token);
                }
                catch (OperationCanceledException) when (Volatile.Read(ref left) <= 0)
                {
                    return;
                }
                for (int i = 0; i < count; i++)
                    Interlocked.Increment(ref seen[(int)Succeeded(some[i])]);
                if (Interlocked.Add(ref left, -count) <= 0)
                    await end.CancelAsync();
            }
        }
    }

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static Task Start(Action body) => Task.Factory.StartNew(body, TaskCreationOptions.LongRunning);

    private static void PostNumbers(QueuePair queuePair, MemoryRegion sink, int first, int count)
    {
        byte[] inline = new byte[8];
        long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        for (int i = first; i < first + count; i++)
        {
            BitConverter.TryWriteBytes(inline, (ulong)i + 1);
            var request = new SendWorkRequest
            {
                WorkRequestId = (ulong)i,
                Opcode = SendOpcode.RdmaWrite,
                Flags = SendFlags.Signaled,
                InlineData = inline,
                RemoteAddress = sink.Address + (ulong)i * 8,
                RemoteKey = sink.RemoteKey,
            };
            while (!queuePair.TryPostSend(request))
            {
                Assert.True(Environment.TickCount64 < deadline, "the send queue stays full");
                Thread.Yield();
            }
        }
    }

    private static void PollAll(CompletionQueue queue, int[] seen)
    {
        var some = new WorkCompletion[8];
        long deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (Array.Exists(seen, times => times == 0))
        {
            Assert.True(Environment.TickCount64 < deadline, "completions are missing");
            int count = queue.Poll(some);
            for (int i = 0; i < count; i++)
                Interlocked.Increment(ref seen[(int)Succeeded(some[i])]);
            if (count == 0)
                Thread.Yield();
        }
    }

    private static SendWorkRequest Send(ulong id, ScatterGatherEntry entry) =>
        new() { WorkRequestId = id, Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, Entry = entry };

    private static ulong Succeeded(WorkCompletion completion)
    {
        Assert.Equal(WorkCompletionStatus.Success, completion.Status);
        return completion.WorkRequestId;
    }
}

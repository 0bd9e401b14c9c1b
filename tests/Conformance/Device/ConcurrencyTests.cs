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
                connected[i].B.PostReceive(new ReceiveWorkRequest { WorkRequestId = (ulong)i, Entry = sink.Entry((ulong)(i * Size), Size) });
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
        using var source = pair.DomainA.AllocateMemory(64);
        using var sink = pair.DomainB.AllocateMemory(threads * each * 8, DevicePair.FullAccess);
        var seen = new int[threads * each];
        int left = threads * each;
        var deadline = Environment.TickCount64 + 60_000;
        await Task.WhenAll(Enumerable.Range(0, 2 * threads).Select(thread => Task.Factory.StartNew(
            () => (thread < threads ? (Action)(() => Post(thread)) : Poll)(), TaskCreationOptions.LongRunning)));
        Assert.All(seen, times => Assert.Equal(1, times));
        for (int i = 0; i < threads * each; i++)
            Assert.Equal((ulong)i + 1, BitConverter.ToUInt64(sink.AsSpan((ulong)i * 8, 8)));

        void Post(int thread)
        {
            byte[] inline = new byte[8];
            for (int i = thread * each; i < (thread + 1) * each; i++)
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
                while (!a.TryPostSend(request))
                {
                    Assert.True(Environment.TickCount64 < deadline, "the send queue stays full");
                    Thread.Yield();
                }
            }
        }

        void Poll()
        {
            var some = new WorkCompletion[8];
            while (Volatile.Read(ref left) > 0)
            {
                Assert.True(Environment.TickCount64 < deadline, $"{left} completions are missing");
                int count = pair.QueueA.Poll(some);
                for (int i = 0; i < count; i++)
                    Interlocked.Increment(ref seen[(int)Succeeded(some[i])]);
                Interlocked.Add(ref left, -count);
                if (count == 0)
                    Thread.Yield();
            }
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

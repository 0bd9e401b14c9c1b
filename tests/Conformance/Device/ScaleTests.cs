using RdmaPipeline.Graph;
using RdmaPipeline.Protocol;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>What many queue pairs cost, and that their numbers last (R-VERB-8, R-VERB-18, R-VERB-19).</summary>
[Collection(DeviceCollection.Name)]
public class ScaleTests
{
    private static readonly QueuePairCapabilities Least = new()
    {
        MaxSendWorkRequests = 1, MaxReceiveWorkRequests = 1, MaxSendEntries = 1, MaxReceiveEntries = 1, MaxInlineData = 0,
    };

    [Fact]
    public void AnIdleConnectedQueuePairOfTheLeastSizesCostsLessThanFourKibibytes()
    {
        const int count = 4096;
        using var pair = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged));
        var options = new ConnectOptions { MaxReadAtomic = 1, MaxDestinationReadAtomic = 1 };
        pair.Connect(Least, options);
        var queuePairs = new (QueuePair, QueuePair)[count / 2];
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < queuePairs.Length; i++)
            queuePairs[i] = pair.Connect(Least, options);
        long each = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;
        Assert.InRange(each, 1, 4095);
        Assert.Equal(count / 2 + 1, pair.A.QueuePairCount);
        GC.KeepAlive(queuePairs);
    }

    [Fact]
    public void RoomForAMillionQueuePairsCostsNothingBeforeTheyAreMade()
    {
        int limit = new DeviceOptions().MaxQueuePairs;
        Assert.Equal((1 << 20) - 16, limit);
        _ = (new Doorbell(1), new QueuePairTable(1, () => 0));
        long before = GC.GetAllocatedBytesForCurrentThread();
        var (doorbell, table) = (new Doorbell(2 * limit), new QueuePairTable(limit, () => 0));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 1, 4096);
        Assert.True(doorbell.Ring(1));
        Assert.Equal(0, table.Count);
    }

    // R-VERB-8: a freed number is not used again at once, whatever chance says, and never one that is alive.
    [Fact]
    public void AFreedNumberRestsUntilManyOthersWereFreed()
    {
        const int rest = 256;
        using var device = RdmaPipelineDevice.Open("mem://numbers/a");
        var chance = new Random(8);
        var table = new QueuePairTable(2, () => (uint)chance.Next(16) << 6);
        var (alive, passing) = (Add(table, device), Add(table, device));
        var freed = new Queue<uint>();
        for (int i = 0; i < 100_000; i++)
        {
            freed.Enqueue(passing.Number);
            Assert.True(table.Remove(passing));
            Assert.Null(table.Find(passing.Number));
            Assert.True(table.TryAdd(number => Renumber(passing, number), out _));
            Assert.InRange(passing.Number, QueuePairTable.FirstNumber, QueuePairTable.LastNumber);
            Assert.NotEqual(alive.Number, passing.Number);
            Assert.DoesNotContain(passing.Number, freed);
            if (freed.Count == rest)
                freed.Dequeue();
        }
        Assert.Same(alive, table.Find(alive.Number));
    }

    // R-VERB-8: the numbers of the specification's reserved ranges are no queue pair's, at either end of what chance may say.
    [Theory]
    [InlineData(0u, QueuePairTable.FirstNumber)]
    [InlineData(uint.MaxValue, 0xFF_FFC0u)]
    public void NumbersKeepClearOfTheReservedOnes(uint chance, uint least)
    {
        using var device = RdmaPipelineDevice.Open("mem://reserved/a");
        var table = new QueuePairTable(200, () => chance);
        uint[] numbers = [.. Enumerable.Range(0, 32).Select(_ => Add(table, device).Number)];
        Assert.Equal(numbers.Length, numbers.Distinct().Count());
        Assert.All(numbers, number => Assert.InRange(number, least, QueuePairTable.LastNumber));
    }

    // The numbers of a device go evenly to its shards, and otherwise tell nothing about one another.
    [Fact]
    public void NumbersAreSpreadOverTheShardsAndElseLeftToChance()
    {
        const int count = 2048;
        uint[] first = Numbers(seed: 1, count), second = Numbers(seed: 2, count);
        foreach (uint[] numbers in new[] { first, second })
        {
            Assert.All(numbers.GroupBy(number => number & 63), shard => Assert.InRange(shard.Count(), count / 64 - 8, count / 64 + 8));
            Assert.InRange(numbers.Select(number => number >> 6).Distinct().Count(), count - 64, count);
            var steps = numbers.Zip(numbers.Skip(1), (one, next) => next - one);
            Assert.InRange(steps.Distinct().Count(), count - 64, count);
        }
        Assert.InRange(first.Intersect(second).Count(), 0, 16);
    }

    // R-VERB-18: as many as the limit says, and the one beyond it only when one is gone.
    [Fact]
    public void SixtyFiveThousandQueuePairsLiveAtOnce()
    {
        const int count = 65_536;
        using var device = RdmaPipelineDevice.Open("mem://many/a", new DeviceOptions { MaxQueuePairs = count, ShardCount = 2 });
        var domain = device.CreateProtectionDomain();
        var queue = device.CreateCompletionQueue(8);
        var init = new QueuePairInitAttributes { SendCompletionQueue = queue, ReceiveCompletionQueue = queue, Capabilities = Least };
        var all = new QueuePair[count];
        for (int i = 0; i < count; i++)
            all[i] = domain.CreateQueuePair(init);
        Assert.Equal(count, all.Select(queuePair => queuePair.Number).Distinct().Count());
        Assert.Equal(VerbsErrno.ENOMEM, Assert.Throws<RdmaException>(() => domain.CreateQueuePair(init)).Errno);
        all[5].Dispose();
        domain.CreateQueuePair(init).Dispose();
        foreach (int index in new[] { 0, count / 2, count - 1 })
        {
            all[index].ConnectTo(all[index].LocalEndpoint);
            all[index].PostSend(
                new SendWorkRequest { WorkRequestId = (ulong)index, Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled });
            var one = new WorkCompletion[1];
            Assert.True(SpinWait.SpinUntil(() => queue.Poll(one) == 1, TimeSpan.FromSeconds(30)));
            Assert.Equal(((ulong)index, WorkCompletionStatus.Success), (one[0].WorkRequestId, one[0].Status));
        }
        foreach (var queuePair in all)
            queuePair.Dispose();
        Assert.Equal(0, device.QueuePairCount);
    }

    private static uint[] Numbers(int seed, int count)
    {
        using var device = RdmaPipelineDevice.Open($"mem://numbers-{seed}/a", new DeviceOptions { Seed = seed });
        var domain = device.CreateProtectionDomain();
        var queue = device.CreateCompletionQueue(8);
        var init = new QueuePairInitAttributes { SendCompletionQueue = queue, ReceiveCompletionQueue = queue, Capabilities = Least };
        return [.. Enumerable.Range(0, count).Select(_ => domain.CreateQueuePair(init).Number)];
    }

    private static QueuePairEntry Add(QueuePairTable table, RdmaDevice device)
    {
        var engine = (TransportEngine)device.Provider;
        var queue = device.CreateCompletionQueue(1);
        var context = new QueuePairContext
        {
            Type = QueuePairType.ReliableConnection, SignalAll = false, Caps = Least, ProtectionDomain = 1, SendCq = queue,
            ReceiveCq = queue, SendRing = new SendQueueRing(1, 1, 0), ReceiveRing = new ReceiveQueueRing(1, 1),
        };
        var port = new DevicePort(engine.Backend, new DeviceOptions());
        var entry = new QueuePairEntry(context, engine.Pipeline.Shards[0], device, port, new FlowPaths(port), QueuePairOptions.Default);
        Assert.True(table.TryAdd(number => Renumber(entry, number), out _));
        return entry;
    }

    private static QueuePairEntry Renumber(QueuePairEntry entry, uint number)
    {
        entry.Context.Number = number;
        return entry;
    }
}

using RdmaPipeline.Graph;
using RdmaPipeline.Protocol;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>What many queue pairs cost, and that their numbers last (R-VERB-8, R-VERB-18, R-VERB-19).</summary>
[Collection(DeviceCollection.Name)]
public class ScaleTests
{
    private const int Numbers = 1 << 24;

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
        _ = (new Doorbell(1), new QueuePairTable(1));
        long before = GC.GetAllocatedBytesForCurrentThread();
        var (doorbell, table) = (new Doorbell(2 * limit), new QueuePairTable(limit));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 1, 4096);
        Assert.True(doorbell.Ring(1));
        Assert.Equal(0, table.Count);
    }

    // R-VERB-8: numbers only grow until the 24 bits are used up, and never one that is alive.
    [Fact]
    public void NumbersComeBackAfterAllOthersAndNeverWhileTheyAreAlive()
    {
        using var device = RdmaPipelineDevice.Open("mem://numbers/a");
        var table = new QueuePairTable(2);
        var alive = Add(table, device);
        var passing = Add(table, device);
        uint before;
        int used = 1;
        do
        {
            before = passing.Number;
            Assert.True(table.Remove(passing));
            Assert.True(table.TryAdd(number => Renumber(passing, number), out _));
            used++;
        }
        while (passing.Number > before);
        Assert.Equal(QueuePairTable.LastNumber, before);
        Assert.Equal((QueuePairTable.FirstNumber, QueuePairTable.FirstNumber + 1), (alive.Number, passing.Number));

        // All but those that share a slot with the one alive.
        Assert.InRange(used, Numbers - (Numbers / 64) - 64, Numbers);
        Assert.Same(alive, table.Find(QueuePairTable.FirstNumber));
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

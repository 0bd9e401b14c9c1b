using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>UC and UD that receive from a shared receive queue, over every preset and back-end (responder.md section 12).</summary>
[Collection(DeviceCollection.Name)]
public class UnreliableSharedReceiveTests
{
    private const QueuePairType Connection = QueuePairType.UnreliableConnection;
    private const QueuePairType Datagram = QueuePairType.UnreliableDatagram;

    public static TheoryData<DeviceSetup, QueuePairType> Cases
    {
        get
        {
            var cases = new TheoryData<DeviceSetup, QueuePairType>();
            foreach (var setup in DeviceSetup.Every)
            {
                cases.Add(setup, Connection);
                cases.Add(setup, Datagram);
            }
            return cases;
        }
    }

    // R-RESP-38: whichever queue pair the message is for, it takes the oldest.
    [Theory]
    [MemberData(nameof(Cases))]
    public void QueuePairsTakeTheOldestReceive(DeviceSetup setup, QueuePairType type)
    {
        const int queuePairs = 5, messages = 40;
        using var scene = new UnreliableSharedScene(setup, type, queuePairs);
        for (int i = 0; i < UnreliableSharedScene.Slots; i++)
            scene.Post(i);
        for (int i = 0; i < messages; i++)
        {
            int queuePair = i * 3 % queuePairs, slot = i % UnreliableSharedScene.Slots, size = i * 977 % (scene.Largest + 1);
            scene.Send(queuePair, i, size);
            scene.ExpectReceived(queuePair, slot, i, size);
            scene.Pair.NextSuccess(scene.Pair.QueueA, (ulong)i);
            scene.Post(slot);
        }
        Assert.Equal(UnreliableSharedScene.Slots, scene.Shared.Count);
        Assert.Equal(0, DevicePair.Drops(scene.Pair.B, DropReason.SrqEmpty));
    }

    // R-RESP-39: once, when fewer are left, and never for what was so when it was armed.
    [Theory]
    [MemberData(nameof(Cases))]
    public void TheLimitIsToldOnce(DeviceSetup setup, QueuePairType type)
    {
        using var scene = new UnreliableSharedScene(setup, type, queuePairs: 2);
        for (int i = 0; i < 4; i++)
            scene.Post(i);
        scene.Shared.Modify(new() { Limit = 3 });
        for (int i = 0; i < 4; i++)
        {
            scene.Send(i % 2, i, 10);
            scene.ExpectReceived(i % 2, i, i, 10);
            scene.Pair.NextSuccess(scene.Pair.QueueA, (ulong)i);
            Assert.Equal(i == 0 ? 3 : 0, scene.Shared.Query().Limit);
        }
        Assert.Equal([(AsyncEventType.SharedReceiveQueueLimitReached, scene.Shared)], scene.Events());
    }

    // R-RESP-17, R-RESP-38: each packet of a message without a receive is dropped and counted; nobody is told, and the next one arrives.
    [Theory]
    [MemberData(nameof(Cases))]
    public void AMessageIsDroppedWhenTheQueueIsEmpty(DeviceSetup setup, QueuePairType type)
    {
        using var scene = new UnreliableSharedScene(setup, type, queuePairs: 2);
        int packets = type == Datagram ? 1 : 3;
        scene.Send(0, 1, type == Datagram ? scene.Mtu : (2 * scene.Mtu) + 1);
        scene.Pair.NextSuccess(scene.Pair.QueueA, 1);
        scene.Pair.Until(() => DevicePair.Drops(scene.Pair.B, DropReason.SrqEmpty) == packets, $"{packets} packets counted");
        scene.Post(0);
        scene.Post(1);
        foreach (int queuePair in (int[])[0, 1])
        {
            scene.Send(queuePair, 2, 100);
            scene.ExpectReceived(queuePair, queuePair, 2, 100);
            scene.Pair.NextSuccess(scene.Pair.QueueA, 2);
        }
        Assert.Equal(packets, DevicePair.Drops(scene.Pair.B, DropReason.SrqEmpty));
        Assert.Empty(scene.Events());
        Assert.Equal(0, scene.Pair.QueueB.Count);
    }

    // R-RESP-44, R-RESP-46: a message that does not fit is dropped and keeps its receive for the next one of its queue pair. R-RESP-40,
    // R-CQ-20: in ERR that one is flushed, and only that.
    [Theory]
    [MemberData(nameof(Cases))]
    public void AReceiveThatIsKeptIsFlushed(DeviceSetup setup, QueuePairType type)
    {
        using var scene = new UnreliableSharedScene(setup, type, queuePairs: 2);
        for (int i = 0; i < 3; i++)
            scene.Post(i, length: 100);
        foreach (int queuePair in (int[])[0, 1])
        {
            scene.Send(queuePair, 1, 101);
            scene.Pair.NextSuccess(scene.Pair.QueueA, 1);
            scene.Pair.Until(() => DevicePair.Drops(scene.Pair.B, DropReason.BadLength) == queuePair + 1, "the drop counted");
        }
        scene.Receivers[0].Modify(new QueuePairAttributes { State = QueuePairState.Error });
        var flushed = scene.Pair.Next(scene.Pair.QueueB);
        Assert.Equal((0ul, WorkCompletionStatus.WorkRequestFlushedError, scene.Receivers[0].Number),
            (flushed.WorkRequestId, flushed.Status, flushed.QueuePairNumber));
        Assert.Equal(1, scene.Shared.Count);
        scene.Send(1, 2, 60);
        scene.ExpectReceived(1, 1, 2, 60);
        scene.Pair.NextSuccess(scene.Pair.QueueA, 2);
        Assert.Equal([(AsyncEventType.LastWorkRequestReached, null)], scene.Events());
    }

    // verbs.md section 5: the queue goes last, and takes along what is in it.
    [Theory]
    [MemberData(nameof(Cases))]
    public void TheQueueGoesAfterItsQueuePairs(DeviceSetup setup, QueuePairType type)
    {
        using var scene = new UnreliableSharedScene(setup, type, queuePairs: 2);
        for (int i = 0; i < 3; i++)
            scene.Post(i, length: 100);
        scene.Send(0, 1, 101);
        scene.Pair.NextSuccess(scene.Pair.QueueA, 1);
        scene.Pair.Until(() => scene.Shared.Count == 2, "a receive is taken and kept");
        foreach (var receiver in scene.Receivers)
        {
            Assert.Equal(VerbsErrno.EBUSY, Assert.Throws<RdmaException>(scene.Shared.Dispose).Errno);
            receiver.Dispose();
        }
        scene.Shared.Dispose();
        Assert.Equal((0, 0), (scene.Pair.B.SharedReceiveQueueCount, scene.Pair.QueueB.Count));
        Assert.Throws<ObjectDisposedException>(() => scene.Post(0));
    }
}

using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>The states of a queue pair through the whole pipeline: draining, failing, starting over (verbs.md 6.1 and 6.2).</summary>
[Collection(DeviceCollection.Name)]
public class StateTests
{
    private const int Size = 20_000;

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    public static TheoryData<DeviceSetup> Few => DeviceSetup.Few;

    // R-REQ-49, R-REQ-50
    [Theory]
    [MemberData(nameof(Setups))]
    public void ASendQueueDrainsTellsOnceAndGoesOn(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect(signalAll: true);
        using var local = pair.DomainA.AllocateMemory(Size, DevicePair.FullAccess);
        using var remote = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        for (ulong id = 0; id < 32; id++)
            a.PostSend(Write(id, local, remote));
        a.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained, NotifySendQueueDrained = true });
        for (ulong id = 32; id < 48; id++)
            a.PostSend(Write(id, local, remote));
        Assert.Equal(AsyncEventType.SendQueueDrained, NextOf(pair.A, pair, a));
        var drained = a.Query();
        Assert.Equal((QueuePairState.SendQueueDrained, false, true),
            (drained.State, drained.IsSendQueueDraining, drained.NotifySendQueueDrained));

        // What had started is complete, what had not is held; the other direction works.
        uint sent = drained.SendPsn!.Value;
        b.PostSend(Write(99, remote, local));
        Next(pair, pair.QueueB, 99);
        Assert.Equal(sent, a.Query().SendPsn);
        a.Modify(new QueuePairAttributes
        {
            Timeout = 17, RetryCount = 3, MinRnrTimer = 5, MaxReadAtomic = 2, MaxDestinationReadAtomic = 8,
        });
        Assert.Equal((17, 3, 5, 2, 8), (a.Query().Timeout, a.Query().RetryCount, a.Query().MinRnrTimer, a.Query().MaxReadAtomic,
            a.Query().MaxDestinationReadAtomic));
        a.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend });
        for (ulong id = 0; id < 48; id++)
            Next(pair, pair.QueueA, id);
        Assert.False(pair.A.AsyncEvents.TryRead(out _));
    }

    // R-REQ-49: only →ERR and →RESET while it drains; both end the drain without SQD's event.
    [Theory]
    [InlineData(QueuePairState.Error)]
    [InlineData(QueuePairState.Reset)]
    public void ADrainMayBeCutShort(QueuePairState end)
    {
        using var pair = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged, Graph.ShardDriverKind.Seeded));
        var (a, b) = pair.Connect(signalAll: true, options: new ConnectOptions { Timeout = 0 });
        b.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
        a.PostSend(new SendWorkRequest { WorkRequestId = 1, Opcode = SendOpcode.RdmaWrite });
        pair.Until(() => a.Query().SendPsn != a.InitialPsn, "the packet is out");
        a.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained, NotifySendQueueDrained = true });
        Assert.True(a.Query().IsSendQueueDraining);
        Refused(a, new QueuePairAttributes { State = QueuePairState.ReadyToSend }, "draining");
        Refused(a, new QueuePairAttributes { Timeout = 3 }, "draining");
        a.Modify(new QueuePairAttributes { State = end });
        Assert.Equal((end, false), (a.State, a.Query().IsSendQueueDraining));
        Assert.False(pair.A.AsyncEvents.TryRead(out _));
        var some = new WorkCompletion[2];
        Assert.Equal(end == QueuePairState.Error ? 1 : 0, pair.QueueA.Poll(some));
    }

    // R-REQ-53, R-RESP-50, R-CQ-11, R-CQ-22
    [Theory]
    [MemberData(nameof(Setups))]
    public void AFailedQueuePairStartsOverAfterReset(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var local = pair.DomainA.AllocateMemory(Size, DevicePair.FullAccess);
        using var remote = pair.DomainB.AllocateMemory(Size, DevicePair.FullAccess);
        var (a, b) = pair.Connect(signalAll: true);
        for (int life = 0; life < 3; life++)
        {
            Pattern.Fill(local.AsSpan(0, Size), life);
            b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 7, Entry = remote.Entry() });
            b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 8, Entry = remote.Entry() });
            a.PostSend(new SendWorkRequest { WorkRequestId = 1, Opcode = SendOpcode.Send, Entry = local.Entry() });
            pair.Until(() => pair.QueueA.Count == 1, "the completion of the send");
            a.Modify(new QueuePairAttributes { State = QueuePairState.Error });
            foreach (var queuePair in new[] { a, b })
                queuePair.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
            Assert.Equal((QueuePairState.Reset, QueuePairState.Reset), (a.State, b.State));

            // What completed before stays to be polled; what was posted and had not completed vanished.
            Next(pair, pair.QueueA, 1);
            Next(pair, pair.QueueB, 7);
            Assert.True(Pattern.Matches(remote.AsSpan(0, Size), life));
            Assert.Equal(0, pair.QueueA.Poll(new WorkCompletion[1]) + pair.QueueB.Poll(new WorkCompletion[1]));
            a.ConnectTo(b.LocalEndpoint);
            b.ConnectTo(a.LocalEndpoint);
        }
    }

    // R-VERB-11
    [Theory]
    [MemberData(nameof(Few))]
    public void QueryGivesWhatWasSetInEveryState(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var caps = new QueuePairCapabilities { MaxSendWorkRequests = 3, MaxReceiveWorkRequests = 4, MaxInlineData = 5 };
        var queuePair = pair.DomainA.CreateQueuePair(new QueuePairInitAttributes
        {
            SendCompletionQueue = pair.QueueA, ReceiveCompletionQueue = pair.QueueA, Capabilities = caps,
        });
        var vector = new AddressVector
        {
            DestinationGid = pair.B.QueryGid(1, 0), FlowLabel = 77, HopLimit = 9, TrafficClass = 3, ServiceLevel = 4,
            DestinationLid = pair.B.QueryPort().Lid,
        };
        var steps = new QueuePairAttributes[]
        {
            new() { State = QueuePairState.Init, PkeyIndex = 0, Port = 1, Access = AccessFlags.RemoteRead },
            new()
            {
                State = QueuePairState.ReadyToReceive, AddressVector = vector, PathMtu = PathMtu.Mtu512, DestinationQueuePair = 0xABCDEF,
                ReceivePsn = 0x1FF_FFFF, MaxDestinationReadAtomic = 5, MinRnrTimer = 30, Access = AccessFlags.RemoteWrite,
            },
            new()
            {
                State = QueuePairState.ReadyToSend, SendPsn = 0x123456, Timeout = 31, RetryCount = 6, RnrRetry = 2, MaxReadAtomic = 128,
                MinRnrTimer = 29, PathMigrationState = PathMigrationState.Migrated,
            },
            new() { Access = AccessFlags.RemoteAtomic },
            new() { State = QueuePairState.SendQueueDrained, NotifySendQueueDrained = true },
            new() { AddressVector = vector with { FlowLabel = 78 }, Timeout = 1 },
        };
        var expected = new Dictionary<QueuePairAttributeMask, object?>();
        foreach (var step in steps)
        {
            queuePair.Modify(step);
            var query = queuePair.Query();
            foreach (var (name, value) in Values(step))
                expected[name] = value;
            foreach (var (name, value) in Values(query).Where(entry => expected.ContainsKey(entry.Name)))
                Assert.Equal((name, expected[name]), (name, value));
            Assert.Equal(expected.Keys.Order(), expected.Keys.Intersect(Values(query).Select(entry => entry.Name)).Order());
            Assert.Equal(caps, query.Capabilities);
        }
        queuePair.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
        Assert.Null(queuePair.Query().AddressVector);
    }

    // R-VERB-21
    [Fact]
    public void OnRoCEOnlyTheMigratedStateIsAccepted()
    {
        using var pair = new DevicePair(new DeviceSetup("mem", PipelinePreset.Staged));
        var (a, _) = pair.Connect();
        a.Modify(new QueuePairAttributes { PathMigrationState = PathMigrationState.Migrated });
        Assert.Equal(PathMigrationState.Migrated, a.Query().PathMigrationState);
        Refused(a, new QueuePairAttributes { PathMigrationState = PathMigrationState.Rearm }, "path_mig_state");
        Refused(a, new QueuePairAttributes { PathMigrationState = PathMigrationState.Armed }, "path_mig_state");
        Refused(a, new QueuePairAttributes { AlternatePath = new AlternatePath(new AddressVector(), 0, 1, 1) }, "alt_ah_attr");
    }

    // R-RESP-48
    [Theory]
    [MemberData(nameof(Setups))]
    public void TheFirstPacketInReadyToReceiveIsToldOnce(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect(signalAll: true);
        var passive = pair.DomainB.CreateQueuePair(
            new QueuePairInitAttributes { SendCompletionQueue = pair.QueueB, ReceiveCompletionQueue = pair.QueueB });
        foreach (var queuePair in new[] { a, b })
            queuePair.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
        a.ConnectTo(passive.LocalEndpoint);
        passive.Initialize();
        var active = a.LocalEndpoint;
        passive.Modify(new QueuePairAttributes
        {
            State = QueuePairState.ReadyToReceive, PathMtu = PathMtu.Mtu1024, DestinationQueuePair = a.Number, ReceivePsn = a.InitialPsn,
            AddressVector = new AddressVector
            {
                IsGlobal = !setup.IsNative, DestinationLid = active.Lid, DestinationGid = active.Gid,
                SourceGidIndex = pair.B.SelectGid(1, active.Gid),
            },
            MaxDestinationReadAtomic = 1, MinRnrTimer = 1,
        });
        for (ulong id = 1; id <= 3; id++)
        {
            a.PostSend(new SendWorkRequest { WorkRequestId = id, Opcode = SendOpcode.RdmaWrite });
            Next(pair, pair.QueueA, id);
        }
        Assert.Equal(new AsyncEvent(AsyncEventType.CommunicationEstablished, passive, null, 0), pair.NextEvent(pair.B));
        Assert.False(pair.B.AsyncEvents.TryRead(out _));
    }

    // R-CQ-8
    [Theory]
    [MemberData(nameof(Setups))]
    public void AnOverrunEndsTheQueueAndEveryQueuePairThatLostACompletion(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        using var small = pair.A.CreateCompletionQueue(2);
        QueuePair Create() => pair.DomainA.CreateQueuePair(
            new QueuePairInitAttributes { SendCompletionQueue = small, ReceiveCompletionQueue = pair.QueueA, SignalAll = true });
        var (a, idle) = (Create(), Create());
        var (_, b) = pair.Connect();
        b.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
        a.ConnectTo(b.LocalEndpoint);
        b.ConnectTo(a.LocalEndpoint);
        for (ulong id = 0; id < 5; id++)
            a.PostSend(new SendWorkRequest { WorkRequestId = id, Opcode = SendOpcode.RdmaWrite });
        pair.Until(() => a.State == QueuePairState.Error, "ERR");
        var events = new[] { pair.NextEvent(pair.A), pair.NextEvent(pair.A) };
        Assert.Contains(new AsyncEvent(AsyncEventType.CompletionQueueError, null, small, 0), events);
        Assert.Contains(new AsyncEvent(AsyncEventType.QueuePairFatal, a, null, 0), events);
        Assert.False(pair.A.AsyncEvents.TryRead(out _));
        Assert.Equal(QueuePairState.Reset, idle.State);
        var two = new WorkCompletion[2];
        Assert.Equal(2, small.Poll(two));
        Assert.Equal([0ul, 1], two.Select(completion => completion.WorkRequestId));
        Assert.Equal(VerbsErrno.EOVERFLOW, Assert.Throws<RdmaException>(() => small.Poll(two)).Errno);
        a.Dispose();
        idle.Dispose();
    }

    private static SendWorkRequest Write(ulong id, MemoryRegion local, MemoryRegion remote) => new()
    {
        WorkRequestId = id, Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = local.Entry(),
        RemoteAddress = remote.Address, RemoteKey = remote.RemoteKey,
    };

    private static void Next(DevicePair pair, CompletionQueue queue, ulong id) => pair.NextSuccess(queue, id);

    // A device that talks to itself also hears of the other end.
    private static AsyncEventType NextOf(RdmaDevice device, DevicePair pair, QueuePair queuePair)
    {
        while (true)
        {
            var happened = pair.NextEvent(device);
            if (happened.QueuePair == queuePair && happened.Type != AsyncEventType.CommunicationEstablished)
                return happened.Type;
        }
    }

    private static IEnumerable<(QueuePairAttributeMask Name, object? Value)> Values(QueuePairAttributes attributes)
    {
        foreach (var bit in Enum.GetValues<QueuePairAttributeMask>().Where(bit => bit != 0 && attributes.Mask.HasFlag(bit)))
            yield return (bit, typeof(QueuePairAttributes).GetProperty(bit.ToString())!.GetValue(attributes));
    }

    private static void Refused(QueuePair queuePair, QueuePairAttributes attributes, string mentions)
    {
        var refused = Assert.Throws<RdmaException>(() => queuePair.Modify(attributes));
        Assert.Equal(VerbsErrno.EINVAL, refused.Errno);
        Assert.Contains(mentions, refused.Message, StringComparison.Ordinal);
    }
}

using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>UC through the whole pipeline, over every preset and back-end.</summary>
[Collection(DeviceCollection.Name)]
public class UnreliableConnectionTests
{
    private const int Largest = 100_001;

    private static readonly int[] Sizes = [0, 1, 255, 1024, 4096, 4097, 65_536, Largest];

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    [Theory]
    [MemberData(nameof(Setups))]
    public void SendOfEverySizeArrives(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect(type: QueuePairType.UnreliableConnection);
        using var source = pair.DomainA.AllocateMemory(Largest);
        using var sink = pair.DomainB.AllocateMemory(Largest, DevicePair.FullAccess);
        foreach (int size in Sizes)
        {
            Pattern.Fill(source.AsSpan(0, size), size);
            sink.AsSpan(0, Largest).Clear();
            b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 7, Entry = sink.Entry() });
            a.PostSend(Request(SendOpcode.SendWithImmediate, 8, source, size) with { Immediate = 99 });
            var received = pair.NextSuccess(pair.QueueB, 7);
            Assert.Equal(((uint)size, 99u, b.Number, a.Number),
                (received.ByteLength, received.Immediate, received.QueuePairNumber, received.SourceQueuePair));
            Assert.True(Pattern.Matches(sink.AsSpan(0, size), size), $"{size} bytes");
            pair.NextSuccess(pair.QueueA, 8);
        }
        Assert.Equal(0, Responses(pair));
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void WriteOfEverySizeIsPlaced(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect(type: QueuePairType.UnreliableConnection);
        using var source = pair.DomainA.AllocateMemory(Largest);
        using var sink = pair.DomainB.AllocateMemory(Largest, DevicePair.FullAccess);
        foreach (int size in Sizes)
        {
            Pattern.Fill(source.AsSpan(0, size), size);
            sink.AsSpan(0, Largest).Clear();
            b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 7 });
            var write = Request(SendOpcode.RdmaWrite, 1, source, size) with { RemoteAddress = sink.Address, RemoteKey = sink.RemoteKey };
            a.PostSend([write, write with { WorkRequestId = 2, Opcode = SendOpcode.RdmaWriteWithImmediate, Immediate = 5 }]);
            var received = pair.NextSuccess(pair.QueueB, 7);
            Assert.Equal((WorkCompletionOpcode.ReceiveRdmaWithImmediate, (uint)size, 5u),
                (received.Opcode, received.ByteLength, received.Immediate));
            Assert.True(Pattern.Matches(sink.AsSpan(0, size), size), $"{size} bytes");
            Assert.Equal(WorkCompletionOpcode.RdmaWrite, pair.NextSuccess(pair.QueueA, 1).Opcode);
            pair.NextSuccess(pair.QueueA, 2);
        }
    }

    [Theory] // R-RESP-17, R-RESP-44: nobody is told, both sides go on.
    [MemberData(nameof(Setups))]
    public void AMessageThatCannotBeExecutedIsDropped(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect(type: QueuePairType.UnreliableConnection);
        using var source = pair.DomainA.AllocateMemory(10_000);
        using var sink = pair.DomainB.AllocateMemory(10_000, DevicePair.FullAccess);
        a.PostSend(Request(SendOpcode.Send, 1, source, 10_000));
        pair.NextSuccess(pair.QueueA, 1);
        pair.Until(() => DevicePair.Drops(pair.B, DropReason.NoReceiveBuffer) > 2, "the message dropped");
        a.PostSend(Request(SendOpcode.RdmaWrite, 2, source, 100) with { RemoteAddress = sink.Address, RemoteKey = sink.RemoteKey ^ 1 });
        pair.NextSuccess(pair.QueueA, 2);
        pair.Until(() => DevicePair.Drops(pair.B, DropReason.MrViolation) == 1, "the write dropped");
        b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 3, Entry = sink.Entry() });
        a.PostSend(Request(SendOpcode.Send, 4, source, 5_000));
        Assert.Equal(5_000u, pair.NextSuccess(pair.QueueB, 3).ByteLength);
        Assert.Equal((QueuePairState.ReadyToSend, QueuePairState.ReadyToSend), (a.State, b.State));
        Assert.Equal(0, Responses(pair));
    }

    [Theory] // R-REQ-46, R-REQ-51.
    [MemberData(nameof(Setups))]
    public void ABadLocalKeyLeadsToSqeAndBack(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, b) = pair.Connect(type: QueuePairType.UnreliableConnection);
        using var source = pair.DomainA.AllocateMemory(50_000);
        using var sink = pair.DomainB.AllocateMemory(50_000, DevicePair.FullAccess);
        var good = Request(SendOpcode.RdmaWrite, 1, source, 50_000) with { RemoteAddress = sink.Address, RemoteKey = sink.RemoteKey };
        a.PostSend([good, good with { WorkRequestId = 2, Entry = source.Entry() with { LocalKey = 1 } }, good with { WorkRequestId = 3 }]);
        pair.NextSuccess(pair.QueueA, 1);
        Assert.Equal(WorkCompletionStatus.LocalProtectionError, pair.Next(pair.QueueA).Status);
        Assert.Equal(WorkCompletionStatus.WorkRequestFlushedError, pair.Next(pair.QueueA).Status);
        Assert.Equal(QueuePairState.SendQueueError, a.State);
        a.PostSend(good with { WorkRequestId = 4 });
        Assert.Equal((4UL, WorkCompletionStatus.WorkRequestFlushedError), Of(pair.Next(pair.QueueA)));
        a.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend });
        b.PostReceive(new ReceiveWorkRequest { WorkRequestId = 5, Entry = sink.Entry() });
        a.PostSend(Request(SendOpcode.Send, 6, source, 5_000));
        pair.NextSuccess(pair.QueueB, 5);
        pair.NextSuccess(pair.QueueA, 6);
    }

    [Theory] // R-RESP-48.
    [MemberData(nameof(Setups))]
    public void TheFirstMessageInRtrTellsOfTheConnection(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var (a, _) = pair.Connect(type: QueuePairType.UnreliableConnection);
        var late = pair.DomainB.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = QueuePairType.UnreliableConnection, SendCompletionQueue = pair.QueueB, ReceiveCompletionQueue = pair.QueueB,
        });
        using var source = pair.DomainA.AllocateMemory(10);
        late.Initialize();
        var peer = a.LocalEndpoint;
        late.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1 });
        late.Modify(new QueuePairAttributes
        {
            State = QueuePairState.ReadyToReceive, PathMtu = PathMtu.Mtu1024, DestinationQueuePair = a.Number, ReceivePsn = a.InitialPsn,
            AddressVector = new AddressVector
            {
                IsGlobal = !setup.IsNative, DestinationLid = peer.Lid, DestinationGid = peer.Gid,
                SourceGidIndex = pair.B.SelectGid(1, peer.Gid),
            },
        });
        a.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
        a.ConnectTo(late.LocalEndpoint);
        a.PostSend(Request(SendOpcode.Send, 2, source, 0));
        pair.NextSuccess(pair.QueueB, 1);
        var happened = pair.NextEvent(pair.B);
        Assert.Equal((AsyncEventType.CommunicationEstablished, late), (happened.Type, happened.QueuePair));
    }

    private static long Responses(DevicePair pair) =>
        pair.B.GetPipeline().Describe().Stages
            .Where(stage => stage.Name.StartsWith("ack_generator", StringComparison.Ordinal)).Sum(stage => stage.CreatedItems);

    private static (ulong Id, WorkCompletionStatus Status) Of(WorkCompletion completion) => (completion.WorkRequestId, completion.Status);

    private static SendWorkRequest Request(SendOpcode opcode, ulong id, MemoryRegion source, int size) => new()
    {
        WorkRequestId = id, Opcode = opcode, Flags = SendFlags.Signaled, Entry = source.Entry(0, (ulong)size),
    };
}

using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>UD through the whole pipeline, over every preset and back-end.</summary>
[Collection(DeviceCollection.Name)]
public class DatagramTests
{
    private const uint QueueKey = 0x1234;
    private const int Header = GlobalRouteHeader.Length;

    public static TheoryData<DeviceSetup> Setups => DeviceSetup.All;

    [Theory] // R-REQ-55, R-RESP-37, responder.md section 11.
    [MemberData(nameof(Setups))]
    public void DatagramsOfEverySizeArriveWithTheirHeader(DeviceSetup setup)
    {
        using var scene = new Scene(setup);
        foreach (int size in (int[])[0, 1, 255, scene.Mtu - 1, scene.Mtu])
        {
            scene.Receive(7);
            scene.Send(8, size, r => r with { Opcode = SendOpcode.SendWithImmediate, Immediate = 99 });
            var received = scene.Pair.NextSuccess(scene.Pair.QueueB, 7);
            Assert.Equal(((uint)(Header + size), scene.A.Number, 99u), (received.ByteLength, received.SourceQueuePair, received.Immediate));
            Assert.Equal(WorkCompletionFlags.Grh | WorkCompletionFlags.WithImmediate, received.Flags);
            Assert.True(Pattern.Matches(scene.Sink.AsSpan(Header, size), size), $"{size} bytes");
            scene.CheckHeader(size);
            scene.Pair.NextSuccess(scene.Pair.QueueA, 8);
        }
    }

    [Theory] // create_ah_from_wc: who gets a datagram can answer it.
    [MemberData(nameof(Setups))]
    public void TheReceiverCanAnswer(DeviceSetup setup)
    {
        using var scene = new Scene(setup);
        using var back = scene.Pair.DomainA.AllocateMemory(200);
        scene.A.PostReceive(new ReceiveWorkRequest { WorkRequestId = 9, Entry = back.Entry() });
        scene.Receive(7);
        scene.Send(8, 10);
        var received = scene.Pair.NextSuccess(scene.Pair.QueueB, 7);
        scene.Pair.NextSuccess(scene.Pair.QueueA, 8);
        using var way = scene.Pair.DomainB.CreateAddressHandle(received, scene.Sink.AsSpan(0, Header));
        scene.B.PostSend(new SendWorkRequest
        {
            WorkRequestId = 10, Opcode = SendOpcode.Send, Address = way, RemoteQueuePair = received.SourceQueuePair,
            RemoteQueueKey = QueueKey,
        });
        Assert.Equal(scene.B.Number, scene.Pair.NextSuccess(scene.Pair.QueueA, 9).SourceQueuePair);
        scene.Pair.NextSuccess(scene.Pair.QueueB, 10);
    }

    [Theory] // A burst has one path: datagrams of one queue pair to several peers arrive all the same, in order for each.
    [MemberData(nameof(Setups))]
    public void DatagramsGoWhereTheirHandlesLead(DeviceSetup setup)
    {
        const int Count = 60;
        using var scene = new Scene(setup);
        using var own = DevicePair.Way(scene.Pair.DomainA, scene.Pair.A);
        using var other = DevicePair.Way(scene.Pair.DomainA, scene.Pair.B);
        using var classy = scene.Pair.DomainA.CreateAddressHandle(other.Query() with { TrafficClass = 0x20, FlowLabel = 5 });
        using var second = scene.Pair.DomainA.AllocateMemory(Count * 64);
        var echo = scene.Pair.Datagrams(scene.Pair.DomainA, scene.Pair.QueueA, QueueKey);
        for (int i = 0; i < Count; i++)
        {
            echo.PostReceive(new ReceiveWorkRequest { WorkRequestId = 1000, Entry = second.Entry((ulong)(i * 64), 64) });
            scene.Receive((ulong)i, 64 * i, 64);
        }
        for (int i = 0; i < Count; i++)
        {
            var way = (i % 3) switch { 0 => other, 1 => classy, _ => own };
            scene.Send((ulong)i, 4, r => r with { Address = way }, i % 3 == 2 ? echo : null);
        }
        var sent = new List<ulong>();
        for (int echoed = 0; sent.Count < Count || echoed < Count / 3;)
        {
            var completion = scene.Pair.Next(scene.Pair.QueueA);
            Assert.Equal(WorkCompletionStatus.Success, completion.Status);
            if (completion.Opcode == WorkCompletionOpcode.Send)
                sent.Add(completion.WorkRequestId);
            else if (completion.QueuePairNumber == echo.Number)
                echoed++;
        }
        Assert.Equal(Enumerable.Range(0, Count).Select(i => (ulong)i), sent);
        for (int i = 0; i < Count * 2 / 3; i++)
            Assert.Equal((ulong)i, scene.Pair.NextSuccess(scene.Pair.QueueB, (ulong)i).WorkRequestId);
    }

    [Theory] // R-WIRE-29, R-WIRE-28, R-RESP-17, R-RESP-46, R-WIRE-5: each loss has its reason, and the sender hears of none.
    [MemberData(nameof(Setups))]
    public void EveryLossIsCounted(DeviceSetup setup)
    {
        using var scene = new Scene(setup);
        var pair = scene.Pair;
        scene.Send(1, 4, r => r with { RemoteQueueKey = QueueKey + 1 });
        pair.NextSuccess(pair.QueueA, 1);
        pair.Until(() => pair.B.QueryPort().BadQkeyCount == 1, "the wrong Q_Key counted");
        scene.Send(2, 4);
        pair.NextSuccess(pair.QueueA, 2);
        pair.Until(() => DevicePair.Drops(pair.B, DropReason.NoReceiveBuffer) == 1, "the missing receive counted");
        scene.Receive(3, 0, Header + 3);
        scene.Send(4, 4);
        pair.NextSuccess(pair.QueueA, 4);
        pair.Until(() => DevicePair.Drops(pair.B, DropReason.BadLength) == 1, "the short receive counted");
        scene.Send(5, 4, r => r with { RemoteQueuePair = 0 });
        pair.NextSuccess(pair.QueueA, 5);
        // On native InfiniBand 4 bytes to queue pair 0 are no management datagram (R-WIRE-32).
        if (setup.IsNative)
            pair.Until(() => DevicePair.Drops(pair.B, DropReason.BadLength) == 2, "the short management datagram counted");
        else
            pair.Until(() => DevicePair.Drops(pair.B, DropReason.UnknownQp) == 1, "queue pair 0 counted as unknown");
        scene.Send(6, 3);
        pair.NextSuccess(pair.QueueB, 3);
        Assert.Equal(0u, pair.B.QueryPort().BadPkeyCount);
    }

    [Theory] // R-REQ-56.
    [MemberData(nameof(Setups))]
    public void WhatIsLongerThanThePortsMtuIsNotSent(DeviceSetup setup)
    {
        using var scene = new Scene(setup);
        scene.Receive(1);
        scene.Send(2, scene.Mtu + 1);
        scene.Pair.NextSuccess(scene.Pair.QueueA, 2);
        scene.Send(3, 7);
        scene.Pair.NextSuccess(scene.Pair.QueueA, 3);
        Assert.Equal(Header + 7u, scene.Pair.NextSuccess(scene.Pair.QueueB, 1).ByteLength);
    }

    [Theory] // R-REQ-57, R-REQ-51.
    [MemberData(nameof(Setups))]
    public void AForeignHandleLeadsToSqeAndBack(DeviceSetup setup)
    {
        using var scene = new Scene(setup);
        var pair = scene.Pair;
        using var otherDomain = pair.A.CreateProtectionDomain();
        using var foreign = DevicePair.Way(otherDomain, pair.B);
        scene.Send(1, 4, r => r with { Address = foreign });
        Assert.Equal(WorkCompletionStatus.LocalQueuePairOperationError, pair.Next(pair.QueueA).Status);
        Assert.Equal(QueuePairState.SendQueueError, scene.A.State);
        scene.Send(2, 4);
        Assert.Equal(WorkCompletionStatus.WorkRequestFlushedError, pair.Next(pair.QueueA).Status);
        scene.A.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend });
        scene.Receive(3);
        scene.Send(4, 4);
        pair.NextSuccess(pair.QueueA, 4);
        pair.NextSuccess(pair.QueueB, 3);
    }

    [Theory] // verbs.md section 2.
    [MemberData(nameof(Setups))]
    public void NoWayLeadsToTheOtherFamily(DeviceSetup setup)
    {
        using var pair = new DevicePair(setup);
        var own = pair.A.QueryGid(1, 0);
        var stranger = own.IsIPv4Mapped ? Gid.Parse("2001:db8::77") : Gid.Parse("192.0.2.77");
        var error = Assert.Throws<RdmaException>(
            () => pair.DomainA.CreateAddressHandle(new AddressVector
            {
                DestinationGid = stranger, SourceGidIndex = 0, DestinationLid = pair.B.QueryPort().Lid,
            }));
        Assert.Equal(VerbsErrno.EHOSTUNREACH, error.Errno);
    }

    /// <summary>A sender, a receiver, the way between them and their memory.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly MemoryRegion _source;
        private readonly AddressHandle _way;

        public Scene(DeviceSetup setup)
        {
            Pair = new DevicePair(setup);
            A = Pair.Datagrams(Pair.DomainA, Pair.QueueA, QueueKey);
            B = Pair.Datagrams(Pair.DomainB, Pair.QueueB, QueueKey);
            _way = Pair.DomainA.CreateAddressHandle(Vector);
            _source = Pair.DomainA.AllocateMemory(8192);
            Sink = Pair.DomainB.AllocateMemory(8192, DevicePair.FullAccess);
        }

        public DevicePair Pair { get; }

        public QueuePair A { get; }

        public QueuePair B { get; }

        public MemoryRegion Sink { get; }

        public int Mtu => 128 << (int)Pair.A.QueryPort().ActiveMtu;

        private AddressVector Vector => new()
        {
            DestinationGid = Pair.B.QueryGid(1, Pair.B.SelectGid()), SourceGidIndex = Pair.A.SelectGid(), TrafficClass = 0x28, HopLimit = 9,
            DestinationLid = Pair.B.QueryPort().Lid,
        };

        public void Receive(ulong id, int offset = 0, int length = 8192) =>
            B.PostReceive(new ReceiveWorkRequest { WorkRequestId = id, Entry = Sink.Entry((ulong)offset, (ulong)length) });

        public void Send(ulong id, int size, Func<SendWorkRequest, SendWorkRequest>? change = null, QueuePair? to = null)
        {
            Pattern.Fill(_source.AsSpan(0, size), size);
            var request = new SendWorkRequest
            {
                WorkRequestId = id, Opcode = SendOpcode.Send, Entry = _source.Entry(0, (ulong)size), Address = _way,
                RemoteQueuePair = (to ?? B).Number, RemoteQueueKey = QueueKey,
            };
            A.PostSend(change?.Invoke(request) ?? request);
        }

        // The header of the packet that came: GRH, IPv6, or 20 zeros and IPv4.
        public void CheckHeader(int size)
        {
            var area = Sink.AsSpan(0, Header);
            Assert.True(GlobalRouteHeader.TryRead(area, out var header));
            Assert.Equal(new GlobalRouteHeader(Pair.A.QueryGid(1, Vector.SourceGidIndex), Vector.DestinationGid, 0x28, 0, 9), header);
            bool isIpv4 = Vector.DestinationGid.IsIPv4Mapped;
            bool isNative = Pair.A.QueryPort().LinkLayer == LinkLayer.InfiniBand;
            int padded = (size + 3) & ~3;
            int datagram = (isNative ? 0 : 8) + 24 + padded + 4;
            int length = isIpv4 ? (area[22] << 8) | area[23] : (area[4] << 8) | area[5];
            Assert.Equal(isIpv4 ? 20 + datagram : datagram, length);
            if (isIpv4)
                Assert.Equal((-1, 17), (area[..20].IndexOfAnyExcept((byte)0), area[29]));
            else
                Assert.Equal(isNative ? 0x1B : 17, area[6]);
        }

        public void Dispose() => Pair.Dispose();
    }
}

using System.Buffers.Binary;
using System.Net;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Address handles (verbs.md section 2).</summary>
public sealed class AddressHandleTests : IDisposable
{
    private static readonly Gid Peer = Gid.Parse("::ffff:10.0.0.2");

    private readonly FakeDevice _fake = new();

    private static AddressVector Good => new() { DestinationGid = Peer, SourceGidIndex = 1, TrafficClass = 8 };

    public void Dispose() => _fake.Dispose();

    [Fact]
    public void AHandleTellsWhatItStandsFor()
    {
        using AddressHandle handle = _fake.Domain.CreateAddressHandle(Good);
        Assert.Equal(Good, handle.Query());
        Assert.Same(_fake.Domain, handle.ProtectionDomain);
        handle.Modify(Good with { HopLimit = 3 });
        Assert.Equal(3, handle.Query().HopLimit);
    }

    public static TheoryData<string, string> Bad => new()
    {
        { "port", "port_num" }, { "no global route", "is_global" }, { "nobody", "dgid" }, { "empty slot", "sgid_index" },
        { "no such slot", "gid index" }, { "flow label", "flow_label" }, { "service level", "sl" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void ABadWayIsRefused(string what, string named)
    {
        AddressVector bad = what switch
        {
            "port" => Good with { Port = 2 },
            "no global route" => Good with { IsGlobal = false },
            "nobody" => Good with { DestinationGid = Gid.Empty },
            "empty slot" => Good with { SourceGidIndex = 2 },
            "no such slot" => Good with { SourceGidIndex = 8 },
            "flow label" => Good with { FlowLabel = 1 << 20 },
            _ => Good with { ServiceLevel = 16 },
        };
        Refused(VerbsErrno.EINVAL, named, () => _fake.Domain.CreateAddressHandle(bad));
        using AddressHandle handle = _fake.Domain.CreateAddressHandle(Good);
        Refused(VerbsErrno.EINVAL, named, () => handle.Modify(bad));
        Assert.Equal(Good, handle.Query());
        Assert.Equal(1, _fake.Device.AddressHandleCount);
    }

    [Fact]
    public void APeerWhomNoWayLeadsToIsRefused()
    {
        _fake.Provider.Unreachable.Add(Peer);
        Refused(VerbsErrno.EHOSTUNREACH, "nobody there", () => _fake.Domain.CreateAddressHandle(Good));
    }

    [Fact] // verbs.md section 2: on native InfiniBand a way may be local.
    public void InfiniBandNeedsNoGlobalRoute()
    {
        _fake.Provider.Port = _fake.Provider.Port with { LinkLayer = LinkLayer.InfiniBand, LidMaskControl = 1 };
        using AddressHandle handle = _fake.Domain.CreateAddressHandle(new AddressVector { IsGlobal = false, DestinationLid = 7 });
        Assert.Equal(7, handle.Query().DestinationLid);
        using AddressHandle back = _fake.Domain.CreateAddressHandle(
            new WorkCompletion { SourceLid = 9, ServiceLevel = 2, DestinationPathBits = 1 }, []);
        Assert.Equal(new AddressVector
        {
            IsGlobal = false, DestinationLid = 9, ServiceLevel = 2, SourcePathBits = 1,
        }, back.Query());
    }

    [Fact] // R-VERB-18, R-VERB-19, EBUSY of dealloc_pd.
    public void HandlesAreCounted()
    {
        using var fake = new FakeDevice(new DeviceAttributes { Name = "small", MaxAddressHandles = 2 });
        AddressHandle first = fake.Domain.CreateAddressHandle(Good);
        fake.Domain.CreateAddressHandle(Good);
        Refused(VerbsErrno.ENOMEM, "2 address handles", () => fake.Domain.CreateAddressHandle(Good));
        Refused(VerbsErrno.EBUSY, "2 address handle(s)", fake.Domain.Dispose);
        first.Dispose();
        first.Dispose();
        Assert.Equal(1, fake.Device.AddressHandleCount);
        Assert.Throws<ObjectDisposedException>(first.Query);
        Assert.Throws<ObjectDisposedException>(() => first.Modify(Good));
        fake.Device.Dispose();
        Assert.Equal(0, fake.Device.AddressHandleCount);
    }

    [Theory] // create_ah_from_wc: source and destination change places.
    [InlineData("10.0.0.9", "10.0.0.1", 1)]
    [InlineData("2001:db8::9", "2001:db8::1", 3)]
    [InlineData("fe80::9", "fe80::5054:ff:fe12:3456", 0)]
    public void TheWayBackLeadsToTheSender(string sender, string receiver, int index)
    {
        byte[] area = Header(sender, receiver);
        using AddressHandle handle = _fake.Domain.CreateAddressHandle(WithHeader, area);
        bool isIpv4 = receiver.Contains('.');
        Assert.Equal(new AddressVector
        {
            DestinationGid = Gid.Parse(sender), SourceGidIndex = index, TrafficClass = 0xA5, FlowLabel = isIpv4 ? 0u : 0x12345u,
            HopLimit = 255, ServiceLevel = 3,
        }, handle.Query());
    }

    [Theory] // A group has no entry of its own.
    [InlineData("10.0.0.9", "224.0.0.5", 1)]
    [InlineData("2001:db8::9", "ff0e::5", 3)]
    public void TheWayBackFromAGroupStartsWhereItSuits(string sender, string group, int index)
    {
        using AddressHandle handle = _fake.Domain.CreateAddressHandle(WithHeader, Header(sender, group));
        Assert.Equal((Gid.Parse(sender), index), (handle.Query().DestinationGid, handle.Query().SourceGidIndex));
    }

    [Fact]
    public void ThereIsNoWayBackWithoutAHeader()
    {
        byte[] area = Header("10.0.0.9", "10.0.0.1");
        Refused(VerbsErrno.EINVAL, "is_global", () => _fake.Domain.CreateAddressHandle(new WorkCompletion(), area));
        Refused(VerbsErrno.EINVAL, "39 bytes", () => _fake.Domain.CreateAddressHandle(WithHeader, area[..39]));
        Refused(VerbsErrno.EINVAL, "no header", () => _fake.Domain.CreateAddressHandle(WithHeader, new byte[40]));
        Refused(VerbsErrno.EINVAL, "10.0.0.7", () => _fake.Domain.CreateAddressHandle(WithHeader, Header("10.0.0.9", "10.0.0.7")));
        Refused(VerbsErrno.EINVAL, "port_num", () => _fake.Domain.CreateAddressHandle(WithHeader, area, port: 2));
    }

    [Fact] // verbs.md section 2: sends already posted keep their copy of the vector.
    public void APostedSendKeepsTheWay()
    {
        QueuePair queuePair = _fake.CreateQueuePair(state: QueuePairState.ReadyToSend, type: QueuePairType.UnreliableDatagram);
        AddressHandle handle = _fake.Domain.CreateAddressHandle(Good);
        queuePair.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.Send, Address = handle, RemoteQueuePair = 0xFFFFFF, RemoteQueueKey = 5, PkeyIndex = 2,
        });
        handle.Modify(Good with { HopLimit = 1 });
        queuePair.PostSend(new SendWorkRequest { Opcode = SendOpcode.Send, Address = handle });
        handle.Dispose();
        SendQueueRing ring = queuePair.Context.SendRing;
        Assert.Equal((0xFFFFFFu, 5u, 2), (ring.Slot(0).RemoteQueuePair, ring.Slot(0).RemoteQueueKey, ring.Slot(0).PkeyIndex));
        Assert.Equal(new DatagramDestination(Good, _fake.Domain.Handle), ring.Slot(0).Destination);
        Assert.Equal(1, ring.Slot(1).Destination!.Vector.HopLimit);
    }

    [Fact]
    public void ABadDatagramIsRefusedWhenPosted()
    {
        using var other = new FakeDevice();
        QueuePair queuePair = _fake.CreateQueuePair(state: QueuePairState.ReadyToSend, type: QueuePairType.UnreliableDatagram);
        AddressHandle gone = _fake.Domain.CreateAddressHandle(Good);
        gone.Dispose();
        var request = new SendWorkRequest { Opcode = SendOpcode.Send };
        Refused(VerbsErrno.EINVAL, "remote_qpn", () => queuePair.PostSend(request with { RemoteQueuePair = 1 << 24 }));
        Refused(VerbsErrno.EINVAL, "disposed", () => queuePair.PostSend(request with { Address = gone }));
        Refused(VerbsErrno.EINVAL, "another device",
            () => queuePair.PostSend(request with { Address = other.Domain.CreateAddressHandle(Good) }));
        Refused(VerbsErrno.EINVAL, "opcode", () => queuePair.PostSend(request with { Opcode = SendOpcode.RdmaWrite }));
        // completion.md section 3: a missing address is told by the completion.
        queuePair.PostSend(request);
        Assert.Null(queuePair.Context.SendRing.Slot(0).Destination);
    }

    private static WorkCompletion WithHeader => new() { Flags = WorkCompletionFlags.Grh, ServiceLevel = 3 };

    private static byte[] Header(string sender, string receiver)
    {
        byte[] area = new byte[GlobalRouteHeader.Length];
        byte[] source = IPAddress.Parse(sender).GetAddressBytes(), destination = IPAddress.Parse(receiver).GetAddressBytes();
        if (source.Length == 4)
        {
            area[20] = 0x45;
            (area[21], area[28]) = (0xA5, 9);
            source.CopyTo(area, 32);
            destination.CopyTo(area, 36);
            return area;
        }
        BinaryPrimitives.WriteUInt32BigEndian(area, 0x6A51_2345);
        area[7] = 9;
        source.CopyTo(area, 8);
        destination.CopyTo(area, 24);
        return area;
    }

    private static void Refused(VerbsErrno errno, string named, Action action)
    {
        var error = Assert.Throws<RdmaException>(action);
        Assert.Equal(errno, error.Errno);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }
}

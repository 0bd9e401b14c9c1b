using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>Values of modify_qp (R-VERB-14, R-VERB-16), the mask (R-VERB-17), and the way to RTS.</summary>
public sealed class ModifyTests : IDisposable
{
    private readonly FakeDevice _fake = new();
    private readonly QueuePair _queuePair;

    public ModifyTests() => _queuePair = _fake.CreateQueuePair();

    public void Dispose() => _fake.Dispose();

    public static TheoryData<string, QueuePairAttributes, string[]> BadValues() => new()
    {
        { "state", new() { State = (QueuePairState)7 }, ["qp_state", "7", "6"] },
        { "current", new() { CurrentState = QueuePairState.Init }, ["cur_qp_state", "Init"] },
        { "port", new() { Port = 2 }, ["port_num", "is 2", "1"] },
        { "port 0", new() { Port = 0 }, ["port_num", "is 0"] },
        { "pkey", new() { PkeyIndex = 1 }, ["pkey_index", "is 1", "0"] },
        { "mtu", new() { PathMtu = PathMtu.Mtu2048 }, ["path_mtu", "is 4", "3", "active MTU"] },
        { "mtu 0", new() { PathMtu = 0 }, ["path_mtu", "is 0"] },
        { "timeout", new() { Timeout = 32 }, ["timeout", "is 32", "31"] },
        { "timeout -", new() { Timeout = -1 }, ["timeout", "is -1"] },
        { "retry", new() { RetryCount = 8 }, ["retry_cnt", "is 8", "7"] },
        { "rnr", new() { RnrRetry = 8 }, ["rnr_retry", "is 8", "7"] },
        { "rnr timer", new() { MinRnrTimer = 32 }, ["min_rnr_timer", "is 32", "31"] },
        { "reads", new() { MaxReadAtomic = 129 }, ["max_rd_atomic", "is 129", "128"] },
        { "peer reads", new() { MaxDestinationReadAtomic = 129 }, ["max_dest_rd_atomic", "is 129", "128"] },
        { "qpn", new() { DestinationQueuePair = 1 << 24 }, ["dest_qp_num", "0x1000000", "0xffffff"] },
        { "not global", Vector(new() { IsGlobal = false }), ["is_global", "RoCE"] },
        { "no gid", Vector(new()), ["dgid", "::"] },
        { "empty slot", Vector(new() { DestinationGid = Peer, SourceGidIndex = 2 }), ["sgid_index", "is 2", "empty"] },
        { "no slot", Vector(new() { DestinationGid = Peer, SourceGidIndex = 8 }), ["gid index", "is 8", "7"] },
        { "flow", Vector(new() { DestinationGid = Peer, FlowLabel = 1 << 20 }), ["flow_label", "0x100000", "0xfffff"] },
        { "sl", Vector(new() { DestinationGid = Peer, ServiceLevel = 16 }), ["sl", "is 16", "15"] },
        { "vector port", Vector(new() { DestinationGid = Peer, Port = 3 }), ["port_num", "is 3"] },
        { "alternate", new() { AlternatePath = new AlternatePath(new(), 0, 1, 1) }, ["alt_ah_attr", "RoCE"] },
    };

    private static Gid Peer => Gid.Parse("10.0.0.2");

    [Theory]
    [MemberData(nameof(BadValues))]
    public void ValuesOutOfRangeAreNamedAndNothingIsModified(string which, QueuePairAttributes attributes, string[] mentions)
    {
        Assert.NotEmpty(which);
        Failing.With(VerbsErrno.EINVAL, () => _queuePair.Modify(attributes), mentions);
        Assert.Empty(_fake.Provider.Modifications);
    }

    [Fact]
    public void TheLimitsThemselvesAreAccepted()
    {
        _queuePair.Modify(new QueuePairAttributes
        {
            Port = 1, PkeyIndex = 0, PathMtu = PathMtu.Mtu1024, Timeout = 31, RetryCount = 7, RnrRetry = 7, MinRnrTimer = 31,
            MaxReadAtomic = 128, MaxDestinationReadAtomic = 128, DestinationQueuePair = 0xFFFFFF, CurrentState = QueuePairState.ReadyToSend,
            AddressVector = new AddressVector { DestinationGid = Peer, SourceGidIndex = 3, FlowLabel = 0xFFFFF, ServiceLevel = 15 },
        });
        Assert.Single(_fake.Provider.Modifications);
    }

    // R-VERB-16: PSNs are masked, not refused.
    [Fact]
    public void PsnsAreMaskedTo24Bits()
    {
        var attributes = new QueuePairAttributes { SendPsn = 0xFF123456, ReceivePsn = 0x01FFFFFF };
        Assert.Equal((0x123456u, 0xFFFFFFu), (attributes.SendPsn!.Value, attributes.ReceivePsn!.Value));
    }

    // R-VERB-17
    [Fact]
    public void TheMaskIsWhatIsSet()
    {
        Assert.Equal(QueuePairAttributeMask.None, new QueuePairAttributes().Mask);
        QueuePairAttributeMask all = 0;
        foreach (QueuePairAttributes one in OneOfEach())
        {
            Assert.True(int.IsPow2((int)one.Mask));
            Assert.Equal((QueuePairAttributeMask)0, all & one.Mask);
            all |= one.Mask;
        }
        Assert.Equal(Enum.GetValues<QueuePairAttributeMask>().Aggregate((a, b) => a | b), all);
    }

    [Fact]
    public void ConnectToWalksTheThreeStepsWithSensibleDefaults()
    {
        _queuePair.ConnectTo(new QueuePairEndpoint(Peer, 0x22, 0x333333));
        Assert.Equal(
            [
                new QueuePairAttributes
                {
                    State = QueuePairState.Init, Port = 1, PkeyIndex = 0,
                    Access = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic
                        | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent,
                },
                new QueuePairAttributes
                {
                    State = QueuePairState.ReadyToReceive, PathMtu = PathMtu.Mtu1024, DestinationQueuePair = 0x22, ReceivePsn = 0x333333,
                    MaxDestinationReadAtomic = 16, MinRnrTimer = 12,
                    AddressVector = new AddressVector { DestinationGid = Peer, SourceGidIndex = 1, HopLimit = 64 },
                },
                new QueuePairAttributes
                {
                    State = QueuePairState.ReadyToSend, SendPsn = _queuePair.InitialPsn, Timeout = 14, RetryCount = 7, RnrRetry = 7,
                    MaxReadAtomic = 16,
                },
            ],
            _fake.Provider.Modifications);
        Failing.With(VerbsErrno.EINVAL, () => _queuePair.ConnectTo(default), "ReadyToSend", "RESET");
    }

    [Fact]
    public void ConnectToObeysItsOptionsAndGoesOnFromInit()
    {
        var options = new ConnectOptions
        {
            SourceGidIndex = 3, PathMtu = PathMtu.Mtu256, Access = AccessFlags.RemoteRead, Timeout = 1, RetryCount = 2, RnrRetry = 3,
            MinRnrTimer = 4, MaxReadAtomic = 5, MaxDestinationReadAtomic = 6, HopLimit = 7, TrafficClass = 8, FlowLabel = 9,
            ServiceLevel = 10,
        };
        _queuePair.Initialize(options);
        _queuePair.PostReceive(new ReceiveWorkRequest());
        _queuePair.ConnectTo(new QueuePairEndpoint(Peer, 1, 2), options);
        List<QueuePairAttributes> steps = _fake.Provider.Modifications;
        Assert.Equal(3, steps.Count);
        QueuePairAttributes init = steps[0], receive = steps[1], send = steps[2];
        Assert.Equal(AccessFlags.RemoteRead, init.Access);
        Assert.Equal((PathMtu.Mtu256, 4, 6), (receive.PathMtu, receive.MinRnrTimer, receive.MaxDestinationReadAtomic));
        Assert.Equal(
            new AddressVector
            {
                DestinationGid = Peer, SourceGidIndex = 3, HopLimit = 7, TrafficClass = 8, FlowLabel = 9, ServiceLevel = 10,
            },
            receive.AddressVector);
        Assert.Equal((1, 2, 3, 5), (send.Timeout, send.RetryCount, send.RnrRetry, send.MaxReadAtomic));
    }

    // The transition table of verbs.md 6.1: UC takes none of the reliable attributes.
    [Fact]
    public void AnUnreliableConnectionIsGivenOnlyItsOwnAttributes()
    {
        QueuePair unreliable = _fake.CreateQueuePair(type: QueuePairType.UnreliableConnection);
        unreliable.ConnectTo(new QueuePairEndpoint(Peer, 1, 2));
        Assert.Equal(
            [
                QueuePairAttributeMask.State | QueuePairAttributeMask.Port | QueuePairAttributeMask.PkeyIndex
                    | QueuePairAttributeMask.Access,
                QueuePairAttributeMask.State | QueuePairAttributeMask.AddressVector | QueuePairAttributeMask.PathMtu
                    | QueuePairAttributeMask.DestinationQueuePair | QueuePairAttributeMask.ReceivePsn,
                QueuePairAttributeMask.State | QueuePairAttributeMask.SendPsn,
            ],
            _fake.Provider.Modifications.Select(m => m.Mask));
        QueuePair datagram = _fake.CreateQueuePair(type: QueuePairType.UnreliableDatagram);
        Failing.With(VerbsErrno.EINVAL, () => datagram.ConnectTo(default), "UnreliableDatagram");
    }

    [Theory]
    [InlineData("10.0.0.2", 1)]
    [InlineData("2001:db8::2", 3)]
    [InlineData("fe80::2", 0)]
    [InlineData("::1", 3)]
    public void TheSourceIsOfTheFamilyOfThePeer(string peer, int index) => Assert.Equal(index, _fake.Device.SelectGid(1, Gid.Parse(peer)));

    [Fact]
    public void TheLocalEndpointIsTheFirstAddressThatIsNotLinkLocal()
    {
        Assert.Equal(
            new QueuePairEndpoint(Gid.Parse("10.0.0.1"), _queuePair.Number, _queuePair.InitialPsn), _queuePair.LocalEndpoint);
        Assert.Equal(Gid.Parse("2001:db8::1"), _queuePair.GetLocalEndpoint(3).Gid);
        Failing.With(VerbsErrno.ENODATA, () => _queuePair.GetLocalEndpoint(2), "gid index", "is 2", "empty");
        _fake.Provider.Gids.Remove(1);
        _fake.Provider.Gids.Remove(3);
        Assert.True(_queuePair.LocalEndpoint.Gid.IsLinkLocal);
        _fake.Provider.Gids.Clear();
        Failing.With(VerbsErrno.ENODATA, () => _ = _queuePair.LocalEndpoint, "GID table", "empty");
    }

    private static QueuePairAttributes Vector(AddressVector vector) => new() { AddressVector = vector };

    private static QueuePairAttributes[] OneOfEach() =>
    [
        new() { State = 0 }, new() { CurrentState = 0 }, new() { NotifySendQueueDrained = false }, new() { Access = 0 },
        new() { PkeyIndex = 0 },
        new() { Port = 0 }, new() { Qkey = 0 }, new() { AddressVector = new() }, new() { PathMtu = 0 }, new() { Timeout = 0 },
        new() { RetryCount = 0 }, new() { RnrRetry = 0 }, new() { ReceivePsn = 0 }, new() { MaxReadAtomic = 0 },
        new() { AlternatePath = new(new(), 0, 0, 0) }, new() { MinRnrTimer = 0 }, new() { SendPsn = 0 },
        new() { MaxDestinationReadAtomic = 0 }, new() { PathMigrationState = 0 }, new() { Capabilities = new() },
        new() { DestinationQueuePair = 0 }, new() { RateLimit = 0 },
    ];
}

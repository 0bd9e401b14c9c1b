using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.QueuePair;

/// <summary>Modify and Query of the machine (R-VERB-11, R-VERB-14 to R-VERB-17).</summary>
public sealed class ModifyTests
{
    private static readonly QueuePairAttributes ToInit = new()
    {
        State = QueuePairState.Init, PkeyIndex = 0, Port = 1, Access = AccessFlags.RemoteRead,
    };

    private static readonly QueuePairAttributes ToReceive = new()
    {
        State = QueuePairState.ReadyToReceive, AddressVector = new AddressVector { DestinationGid = new Gid(2) }, PathMtu = PathMtu.Mtu1024,
        DestinationQueuePair = 5, ReceivePsn = 77, MaxDestinationReadAtomic = 4, MinRnrTimer = 12,
    };

    private static readonly QueuePairAttributes ToSend = new()
    {
        State = QueuePairState.ReadyToSend, SendPsn = 88, Timeout = 14, RetryCount = 6, RnrRetry = 5, MaxReadAtomic = 3,
    };

    [Fact] // R-VERB-11, R-WIRE-15 for the path MTU
    public void QueryGivesWhatIsInForce()
    {
        var machine = Walk(ToInit, ToReceive, ToSend);
        var query = machine.Query();
        Assert.Equal(QueuePairState.ReadyToSend, query.State);
        Assert.Equal((0, 1, AccessFlags.RemoteRead), (query.PkeyIndex, query.Port, query.Access));
        Assert.Equal((PathMtu.Mtu1024, 5u, 77u, 88u), (query.PathMtu, query.DestinationQueuePair, query.ReceivePsn, query.SendPsn));
        Assert.Equal((14, 6, 5, 3, 4, 12),
            (query.Timeout, query.RetryCount, query.RnrRetry, query.MaxReadAtomic, query.MaxDestinationReadAtomic, query.MinRnrTimer));
        Assert.Equal(new Gid(2), query.AddressVector!.DestinationGid);
        Assert.Equal(1024, machine.PathMtuBytes);
        Assert.False(query.IsSendQueueDraining);
    }

    public static TheoryData<string> RequiredOfReceive() =>
        ["AddressVector", "PathMtu", "DestinationQueuePair", "ReceivePsn", "MaxDestinationReadAtomic", "MinRnrTimer"];

    [Theory, MemberData(nameof(RequiredOfReceive))] // R-VERB-15
    public void MissingAttributeIsNamed(string name)
    {
        var machine = Walk(ToInit);
        var given = name switch
        {
            "AddressVector" => ToReceive with { AddressVector = null },
            "PathMtu" => ToReceive with { PathMtu = null },
            "DestinationQueuePair" => ToReceive with { DestinationQueuePair = null },
            "ReceivePsn" => ToReceive with { ReceivePsn = null },
            "MaxDestinationReadAtomic" => ToReceive with { MaxDestinationReadAtomic = null },
            _ => ToReceive with { MinRnrTimer = null },
        };
        Assert.Contains(name, Refused(machine, given), StringComparison.Ordinal);
    }

    [Fact] // R-VERB-15
    public void AttributeThatDoesNotBelongIsNamed()
    {
        Assert.Contains("SendPsn", Refused(Walk(ToInit), ToReceive with { SendPsn = 1 }), StringComparison.Ordinal);
        var sending = Walk(ToInit, ToReceive, ToSend);
        Assert.Contains("Timeout", Refused(sending, new QueuePairAttributes { Timeout = 3 }), StringComparison.Ordinal);
        Assert.Contains("Qkey", Refused(Walk(), ToInit with { Qkey = 1 }), StringComparison.Ordinal);
    }

    [Fact] // R-VERB-14: the limit of raw packets is outside the standard's 21 attributes.
    public void ARateLimitIsNotOffered()
    {
        var fault = Assert.Throws<RdmaException>(() => Walk(ToInit, ToReceive).Modify(ToSend with { RateLimit = 1 }, default));
        Assert.Equal(VerbsErrno.EOPNOTSUPP, fault.Errno);
        Assert.Contains("rate_limit is 1", fault.Message, StringComparison.Ordinal);
    }

    [Fact] // verbs.md section 6.1
    public void IllegalChangeNamesBothStates()
    {
        var message = Refused(Walk(ToInit), ToSend);
        Assert.Contains("Init", message, StringComparison.Ordinal);
        Assert.Contains("ReadyToSend", message, StringComparison.Ordinal);
        Refused(Walk(ToInit, ToReceive, ToSend), new QueuePairAttributes { State = QueuePairState.SendQueueError });
        Refused(Walk(), new QueuePairAttributes { State = QueuePairState.Error });
    }

    public static TheoryData<string, string> BadValues() => new()
    {
        { "port", "port is 2; it must be 1 to 1" },
        { "pkey", "pkey_index is 1; it must be 0 to 0" },
        { "access", "qp_access_flags has ZeroBased" },
        { "mtu", "path_mtu is Mtu4096; the active MTU of the port is 2048" },
        { "mtu0", "path_mtu is 0" },
        { "qpn", "dest_qp_num is 0x1000000; the limit is 0xffffff" },
        { "rnrTimer", "min_rnr_timer is 32; it must be 0 to 31" },
        { "destDepth", "max_dest_rd_atomic is 129; it must be 0 to 128" },
        { "timeout", "timeout is 32; it must be 0 to 31" },
        { "retry", "retry_cnt is 8; it must be 0 to 7" },
        { "rnrRetry", "rnr_retry is -1; it must be 0 to 7" },
        { "depth", "max_rd_atomic is 129; it must be 0 to 128" },
        { "sgid", "ah_attr.grh.sgid_index is 1; it must be 0 to 0" },
        { "grh", "ah_attr.is_global is false" },
        { "avPort", "ah_attr.port_num is 3; it must be 1 to 1" },
        { "migration", "path_mig_state is Armed; without path migration it is always Migrated" },
        { "alternate", "alt_ah_attr is set; this device has no path migration" },
    };

    [Theory, MemberData(nameof(BadValues))] // R-VERB-16; R-VERB-21 for path migration
    public void BadValueNamesAttributeValueAndLimit(string which, string message)
    {
        var path = ToReceive.AddressVector!;
        var (machine, given) = which switch
        {
            "port" => (Walk(), ToInit with { Port = 2 }),
            "pkey" => (Walk(), ToInit with { PkeyIndex = 1 }),
            "access" => (Walk(), ToInit with { Access = AccessFlags.ZeroBased }),
            "mtu" => (Walk(ToInit), ToReceive with { PathMtu = PathMtu.Mtu4096 }),
            "mtu0" => (Walk(ToInit), ToReceive with { PathMtu = 0 }),
            "qpn" => (Walk(ToInit), ToReceive with { DestinationQueuePair = 1 << 24 }),
            "rnrTimer" => (Walk(ToInit), ToReceive with { MinRnrTimer = 32 }),
            "destDepth" => (Walk(ToInit), ToReceive with { MaxDestinationReadAtomic = 129 }),
            "sgid" => (Walk(ToInit), ToReceive with { AddressVector = path with { SourceGidIndex = 1 } }),
            "grh" => (Walk(ToInit), ToReceive with { AddressVector = path with { IsGlobal = false } }),
            "avPort" => (Walk(ToInit), ToReceive with { AddressVector = path with { Port = 3 } }),
            "timeout" => (Walk(ToInit, ToReceive), ToSend with { Timeout = 32 }),
            "retry" => (Walk(ToInit, ToReceive), ToSend with { RetryCount = 8 }),
            "rnrRetry" => (Walk(ToInit, ToReceive), ToSend with { RnrRetry = -1 }),
            "depth" => (Walk(ToInit, ToReceive), ToSend with { MaxReadAtomic = 129 }),
            "alternate" => (Walk(ToInit, ToReceive), ToSend with { AlternatePath = new AlternatePath(path, 0, 1, 1) }),
            _ => (Walk(ToInit, ToReceive), ToSend with { PathMigrationState = PathMigrationState.Armed }),
        };
        var before = machine.Query();
        Assert.Contains(message, Refused(machine, given), StringComparison.Ordinal);
        // R-VERB-14: all or nothing.
        Assert.Equal(before, machine.Query());
    }

    [Theory] // R-VERB-16: the limits themselves are legal.
    [InlineData(0, 0, 0, 0)]
    [InlineData(31, 7, 7, 128)]
    public void LimitsAreLegal(int timeout, int retries, int rnrRetries, int depth)
    {
        var machine = Walk(ToInit, ToReceive with { MinRnrTimer = 31, MaxDestinationReadAtomic = 128, DestinationQueuePair = 0xFFFFFF },
            ToSend with { Timeout = timeout, RetryCount = retries, RnrRetry = rnrRetries, MaxReadAtomic = depth });
        Assert.Equal(QueuePairState.ReadyToSend, machine.Query().State);
    }

    [Fact] // R-VERB-15
    public void CurrentStateMayOnlyBeOneTheQueuePairCanBeIn()
    {
        var machine = Walk(ToInit, ToReceive);
        machine.Modify(ToSend with { CurrentState = QueuePairState.ReadyToReceive }, Instant.Zero);
        var again = new QueuePairAttributes { State = QueuePairState.ReadyToSend, CurrentState = QueuePairState.ReadyToSend };
        machine.Modify(again, Instant.Zero);
        Refused(machine, ToSend with { CurrentState = QueuePairState.ReadyToReceive });
        Refused(machine, new QueuePairAttributes { State = QueuePairState.ReadyToSend, CurrentState = QueuePairState.Error });
        machine.Modify(new QueuePairAttributes { State = QueuePairState.Error }, Instant.Zero);
        Refused(machine, again);
    }

    [Theory] // R-VERB-15: RTS and SQD may be taken for each other; SQE is told by a completion, so nobody takes it for another state.
    [InlineData(QueuePairState.ReadyToSend, QueuePairState.SendQueueDrained, true)]
    [InlineData(QueuePairState.SendQueueDrained, QueuePairState.ReadyToSend, true)]
    [InlineData(QueuePairState.SendQueueError, QueuePairState.ReadyToSend, false)]
    [InlineData(QueuePairState.SendQueueError, QueuePairState.SendQueueDrained, false)]
    [InlineData(QueuePairState.ReadyToSend, QueuePairState.ReadyToReceive, false)]
    [InlineData(QueuePairState.ReadyToReceive, QueuePairState.ReadyToSend, false)]
    public void StatesThatChangeByThemselvesMayBeTakenForEachOther(QueuePairState state, QueuePairState assumed, bool legal)
    {
        var side = new Unreliable.UnreliableSide(upTo: state == QueuePairState.ReadyToReceive ? state : QueuePairState.ReadyToSend);
        if (state == QueuePairState.SendQueueDrained) side.Modify(state);
        if (state == QueuePairState.SendQueueError)
        {
            side.Post(1, key: 0xBAD);
            side.PollAll();
        }

        Assert.Equal(state, side.Context.State);
        var given = new QueuePairAttributes { State = QueuePairState.ReadyToSend, CurrentState = assumed };
        if (assumed == QueuePairState.ReadyToReceive) given = given with { SendPsn = 1 };
        if (legal) side.Machine.Modify(given, default);
        else Assert.Contains("cur_state", Refused(side.Machine, given), StringComparison.Ordinal);
        Assert.Equal(legal ? QueuePairState.ReadyToSend : state, side.Context.State);
    }

    [Fact] // R-REQ-49: only the way from RTS to SQD begins a drain.
    public void OtherChangesBeginNoDrain()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send);
        side.PollAll();
        side.Machine.Modify(new QueuePairAttributes { MinRnrTimer = 3 }, side.Now);
        Assert.False(side.Machine.Query().IsSendQueueDraining);
        side.Ack(100);
        var drain = new QueuePairAttributes { State = QueuePairState.SendQueueDrained, NotifySendQueueDrained = true };
        side.Machine.Modify(drain, side.Now);
        side.Machine.Modify(new QueuePairAttributes { Timeout = 3 }, side.Now);
        Assert.True(side.Machine.Query().NotifySendQueueDrained);
        Assert.Equal([AsyncEventType.SendQueueDrained], side.Events);
    }

    [Fact] // No STATE bit: the state stays.
    public void WithoutAStateOnlyAttributesChange()
    {
        var machine = Walk(ToInit, ToReceive, ToSend);
        machine.Modify(new QueuePairAttributes { MinRnrTimer = 3 }, Instant.Zero);
        Assert.Equal((QueuePairState.ReadyToSend, 3), (machine.Query().State, machine.Query().MinRnrTimer));
        Assert.Equal(88u, machine.Query().SendPsn);
    }

    [Fact] // R-REQ-50: timeouts and depths may change while drained.
    public void AttributesChangeInSqd()
    {
        var side = new SendSide(depth: 1);
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained }, side.Now);
        side.Machine.Modify(
            new QueuePairAttributes { Timeout = 1, RetryCount = 0, MaxReadAtomic = 2, MaxDestinationReadAtomic = 8 }, side.Now);
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend }, side.Now);
        side.Post(1, SendOpcode.RdmaRead);
        side.Post(2, SendOpcode.RdmaRead);
        Assert.Equal(2, side.PollAll().Count);
        Assert.Equal(8192, side.AwaitDeadline());
        Assert.Equal("1 RetryExceededError, 2 WorkRequestFlushedError", side.Completed());
    }

    [Fact] // R-REQ-50, R-RESP-21: the room for READs is as large as was asked for last.
    public void TheDepthForThePeersReadsChangesInSqd()
    {
        const int depth = 8;
        var side = new SendSide();
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained }, side.Now);
        side.Machine.Modify(new QueuePairAttributes { MaxDestinationReadAtomic = depth, Access = AccessFlags.RemoteRead }, side.Now);
        for (var i = 0u; i <= depth; i++)
        {
            var bytes = new Request(Opcode.RcReadRequest, 500 + i) { DestinationQueuePair = SendSide.Number }.ToBytes();
            Assert.Equal(DropReason.None, PacketView.TryParse(bytes, out var view));
            side.Machine.ReceiveRequest(view, default, side.Now, out var drop);
            Assert.Equal(i < depth ? DropReason.None : DropReason.QueueFull, drop);
        }
    }

    private static QueuePairMachine Walk(params QueuePairAttributes[] steps)
    {
        var machine = new SendSide(start: false, options: new QueuePairOptions { ActiveMtuBytes = 2048 }).Machine;
        foreach (var step in steps) machine.Modify(step, Instant.Zero);
        return machine;
    }

    private static string Refused(QueuePairMachine machine, QueuePairAttributes attributes)
    {
        var refused = Assert.Throws<RdmaException>(() => machine.Modify(attributes, Instant.Zero));
        Assert.Equal(VerbsErrno.EINVAL, refused.Errno);
        return refused.Message;
    }
}

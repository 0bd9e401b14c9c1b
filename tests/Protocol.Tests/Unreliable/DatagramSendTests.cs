using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Unreliable;

/// <summary>The send side of UD and of the special queue pairs (R-REQ-55 to R-REQ-58).</summary>
public sealed class DatagramSendTests
{
    private const uint OwnBit = 0x8000_0000;

    [Fact] // R-REQ-55, R-REQ-15: one packet each, with a DETH and the PSNs one after the other.
    public void EachWorkRequestIsOnePacket()
    {
        var side = Datagrams();
        side.Post(1, length: 0);
        side.Post(2, SendOpcode.SendWithImmediate, 1024, SendFlags.Solicited);
        side.Post(3, length: 5);
        var sent = side.PollAll();
        Assert.Equal("SendOnly 100, SendOnlyImmediate 101*, SendOnly 102", string.Join(", ", sent));
        Assert.Equal([Opcode.UdSendOnly, Opcode.UdSendOnlyImmediate, Opcode.UdSendOnly], sent.Select(p => p.Opcode));
        Assert.All(sent, p => Assert.Equal((UnreliableSide.PeerNumber, 0xFFFF), (p.Destination, p.PartitionKey)));
        Assert.All(sent, p => Assert.Equal(new Deth(0x2222, UnreliableSide.Number), p.Deth));
        Assert.Equal([0, 1024, 5], sent.Select(p => p.Payload.Length));
        Assert.Equal(SendQueue.SendSide.Bytes(0, 1024), sent[1].Payload);
        Assert.Equal((0xAABBCCDD, 3), (sent[1].Immediate, sent[2].PadCount));
    }

    [Fact] // R-REQ-55, R-BE-11.
    public void AWorkRequestIsDoneWhenTheBackendHasItsPacket()
    {
        var side = Datagrams();
        side.Post(1);
        side.Post(2);
        side.PollAll();
        Assert.Equal("", side.Completed());
        side.HandOver(allBut: 1);
        Assert.Equal("1 Success", side.Completed());
        side.HandOver();
        Assert.Equal("2 Success", side.Completed());
    }

    [Fact] // R-REQ-4 bounds what is under way here too.
    public void WhatTheBackendHasNotTakenIsBounded()
    {
        var side = new UnreliableSide(QueuePairType.UnreliableDatagram, window: 0);
        for (ulong id = 1; id <= 200; id++) side.Post(id);
        Assert.True(side.Machine.HasRequestWork);
        Assert.Equal(128, side.PollAll().Count);
        Assert.False(side.Machine.HasRequestWork);
        side.HandOver();
        Assert.Equal(72, side.PollAll().Count);
    }

    [Fact] // R-REQ-56: with nothing before it, at once.
    public void WhatNoPacketCanCarrySucceedsAtOnce()
    {
        var side = Datagrams();
        side.Post(1, length: 1025);
        Assert.Null(side.Poll());
        Assert.Equal("1 Success", side.Completed());
    }

    [Fact] // R-REQ-49: what was prepared before SQD is held.
    public void WhatIsPreparedIsHeldInSqd()
    {
        var side = Datagrams();
        side.Post(1);
        Assert.NotNull(side.Machine.PrepareRequest());
        side.Modify(QueuePairState.SendQueueDrained);
        var writer = new PacketWriter(new byte[PacketWriter.MaxHeaderLength], new PayloadReference[8]);
        Assert.False(side.Machine.PollRequest(ref writer, default));
    }

    [Fact] // R-REQ-56: nothing is sent, it succeeds in its turn.
    public void WhatNoPacketCanCarryIsNotSent()
    {
        var side = Datagrams();
        side.Post(1);
        side.Post(2, length: 1025);
        side.Post(3, length: 1024);
        Assert.Equal("SendOnly 100, SendOnly 101", side.Sent());
        Assert.Equal("", side.Completed());
        side.HandOver(allBut: 1);
        Assert.Equal("1 Success, 2 Success", side.Completed());
        side.Post(4, length: 5000);
        Assert.Null(side.Poll());
        side.HandOver();
        Assert.Equal("3 Success, 4 Success", side.Completed());
    }

    [Fact] // R-WIRE-30: with bit 31 the sender's own Q_Key goes out, whatever the work request says.
    public void TheHighBitAsksForTheOwnKey()
    {
        var side = Datagrams();
        side.Post(1, change: r => r with { RemoteQueueKey = OwnBit });
        side.Post(2, change: r => r with { RemoteQueueKey = 0x8001_0000 });
        side.Post(3, change: r => r with { RemoteQueueKey = 0x7FFF_FFFF });
        Assert.Equal([UnreliableSide.QueueKey, UnreliableSide.QueueKey, 0x7FFF_FFFF], side.PollAll().Select(p => p.Deth!.Value.QueueKey));
    }

    [Fact] // R-REQ-58: general services: source 1, their own Q_Key, the P_Key of the work request.
    public void GeneralServicesChooseTheirPartition()
    {
        var side = new UnreliableSide(QueuePairType.Gsi, number: 1);
        side.Post(1, change: r => r with { RemoteQueuePair = 1, PkeyIndex = 1, RemoteQueueKey = 5 });
        side.Post(2, change: r => r with { RemoteQueuePair = 1, PkeyIndex = 2, RemoteQueueKey = 0x8001_0000 });
        var sent = side.PollAll();
        Assert.Equal([0x8001, 0x0002], sent.Select(p => p.PartitionKey));
        Assert.All(sent, p => Assert.Equal((1u, new Deth(0x8001_0000, 1)), (p.Destination, p.Deth!.Value)));
    }

    [Fact] // R-REQ-58: other types do not.
    public void DatagramsCarryTheKeyOfTheQueuePairsIndex()
    {
        var side = new UnreliableSide(QueuePairType.UnreliableDatagram, upTo: QueuePairState.Init);
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToReceive, PkeyIndex = 1 }, default);
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend, SendPsn = 1 }, default);
        side.Post(1, change: r => r with { PkeyIndex = 2 });
        Assert.Equal(0x8001, Assert.Single(side.PollAll()).PartitionKey);
        side.PartitionKeys[1] = 0x9999;
        side.Machine.ReloadPartitionKey();
        side.Post(2);
        Assert.Equal(0x9999, Assert.Single(side.PollAll()).PartitionKey);
    }

    [Fact] // R-REQ-58: a group is addressed by number 0xFFFFFF.
    public void AGroupHasItsNumber()
    {
        var side = Datagrams();
        side.Post(1, change: r => r with { RemoteQueuePair = 0xFF_FFFF });
        Assert.Equal(0xFF_FFFFu, Assert.Single(side.PollAll()).Destination);
    }

    [Fact] // Each packet's way is known before it is built, and only that packet is built.
    public void TheWayIsKnownBeforeThePacket()
    {
        var side = Datagrams();
        var other = new AddressVector { DestinationGid = new Gid(9) };
        var writer = new PacketWriter(new byte[PacketWriter.MaxHeaderLength], new PayloadReference[8]);
        side.Post(1, length: 5000);
        Assert.Null(side.Machine.PrepareRequest());
        side.Post(2, change: r => r with { Destination = new DatagramDestination(other, UnreliableSide.Domain) });
        Assert.False(side.Machine.PollRequest(ref writer, default));
        Assert.Same(other, side.Machine.PrepareRequest());
        Assert.Same(other, side.Machine.PrepareRequest());
        Assert.True(side.Machine.PollRequest(ref writer, default));
        Assert.False(side.Machine.PollRequest(ref writer, default));
    }

    public static TheoryData<string> Faults => ["no address", "other domain", "other port", "pkey index", "opcode"];

    [Theory] // R-REQ-57, R-REQ-46, completion.md section 3.
    [MemberData(nameof(Faults))]
    public void WhatCannotBeSentFails(string fault)
    {
        var side = Datagrams();
        side.Post(1);
        side.Post(2, fault == "opcode" ? SendOpcode.RdmaWrite : SendOpcode.Send, change: r => fault switch
        {
            "no address" => r with { Destination = null },
            "other domain" => r with { Destination = new DatagramDestination(UnreliableSide.Vector, UnreliableSide.Domain + 1) },
            "other port" => r with
            {
                Destination = new DatagramDestination(UnreliableSide.Vector with { Port = 2 }, UnreliableSide.Domain),
            },
            "pkey index" => r with { PkeyIndex = 3 },
            _ => r,
        });
        side.Post(3);
        Assert.Equal("SendOnly 100", side.Sent());
        side.HandOver();
        Assert.Equal("1 Success, 2 LocalQueuePairOperationError, 3 WorkRequestFlushedError", side.Completed());
        Assert.Equal(QueuePairState.SendQueueError, side.Context.State);
    }

    [Theory] // R-REQ-11, R-REQ-51: SQE and the way back.
    [InlineData(false)]
    [InlineData(true)]
    public void MemoryThatCannotBeReadFails(bool afterPreparing)
    {
        var side = Datagrams();
        side.Post(1, key: afterPreparing ? null : 0xBAD);
        if (afterPreparing)
        {
            Assert.NotNull(side.Machine.PrepareRequest());
            Assert.True(side.Regions.Invalidate(side.SourceKey));
        }

        Assert.Null(side.Poll());
        Assert.Equal("1 LocalProtectionError", side.Completed());
        side.Post(2);
        Assert.Null(side.Poll());
        Assert.Equal("2 WorkRequestFlushedError", side.Completed());
        side.Modify(QueuePairState.ReadyToSend);
        side.Post(3, length: 0);
        Assert.Equal("SendOnly 100", side.Sent());
        side.HandOver();
        Assert.Equal("3 Success", side.Completed());
    }

    [Theory] // R-REQ-12.
    [InlineData(1)]
    [InlineData(3)]
    public void InlineDataNeedNoKey(int length)
    {
        var side = Datagrams();
        side.Context.SendRing.Inline(side.Context.SendRing.Tail)[..length].Fill(9);
        side.Post(1, length: length, key: 0xBAD, change: r => r with { IsInline = true, EntryCount = 0 });
        Assert.Equal(Enumerable.Repeat((byte)9, length), Assert.Single(side.PollAll()).Payload);
    }

    [Fact] // R-REQ-49, R-CQ-18.
    public void InSqdNothingStartsAndInErrAllIsFlushed()
    {
        var side = Datagrams();
        side.Modify(QueuePairState.SendQueueDrained);
        side.Post(1);
        Assert.Null(side.Poll());
        Assert.Equal("", side.Completed());
        side.Modify(QueuePairState.Error);
        Assert.Equal("1 WorkRequestFlushedError", side.Completed());
    }

    private static UnreliableSide Datagrams() => new(QueuePairType.UnreliableDatagram);
}

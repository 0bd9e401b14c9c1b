using RdmaPipeline.Protocol.Tests.ReceiveQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Unreliable;

/// <summary>The receive side of UD and of the special queue pairs (responder.md sections 11 and 14, wire.md section 7).</summary>
public sealed class DatagramReceiveTests
{
    private const int Header = 40;

    private static readonly byte[] RouteHeader = [.. Enumerable.Range(1, Header).Select(i => (byte)i)];

    [Fact] // R-RESP-37, R-WIRE-33, responder.md section 11.
    public void TheRouteHeaderStandsBeforeThePayload()
    {
        var side = Datagrams();
        side.PostReceive(1, 200);
        Assert.Equal(DropReason.None, side.Receive(Datagram(10) with { Solicited = true }, RouteHeader));
        Assert.True(side.Machine.WantsOrigin);
        Assert.Equal(1, side.Machine.Counters.RdmaReceives);
        Assert.Equal(RouteHeader, side.Sink[..Header].ToArray());
        Assert.Equal(ReceiveSide.Pattern(10), side.Sink.Slice(Header, 10).ToArray());
        Assert.Equal(new WorkCompletion
        {
            WorkRequestId = 1, Opcode = WorkCompletionOpcode.Receive, QueuePairNumber = UnreliableSide.Number, ByteLength = Header + 10,
            SourceQueuePair = 0x77, Flags = WorkCompletionFlags.Grh, SourceLid = 3, ServiceLevel = 4, DestinationPathBits = 1,
        }, Assert.Single(UnreliableSide.Take(side.ReceiveCq)));
    }

    [Fact] // R-RESP-37: without GRH the 40 bytes are skipped and the flag is clear; they count all the same (R-WIRE-33).
    public void WithoutARouteHeaderItsPlaceIsLeft()
    {
        var side = Datagrams();
        side.Sink[..200].Fill(0xEE);
        // The place goes over several entries, some of them empty.
        side.PostReceive(1, Sink(side, 0, 30), Sink(side, 30, 0), Sink(side, 30, 15), Sink(side, 45, 60));
        Assert.Equal(DropReason.None, side.Receive(Datagram(10, Opcode.UdSendOnlyImmediate)));
        Assert.Equal(-1, side.Sink[..Header].IndexOfAnyExcept((byte)0xEE));
        Assert.Equal(ReceiveSide.Pattern(10), side.Sink.Slice(Header, 10).ToArray());
        var completion = Assert.Single(UnreliableSide.Take(side.ReceiveCq));
        Assert.Equal((WorkCompletionFlags.WithImmediate, 7u, Header + 10u),
            (completion.Flags, completion.Immediate, completion.ByteLength));
    }

    [Fact] // R-RESP-46: PSN and AckReq mean nothing.
    public void AnyPsnIsDelivered()
    {
        var side = Datagrams();
        foreach (var psn in (uint[])[5, 5, 3, 0xFFFFFF])
        {
            side.PostReceive(psn, 60);
            Assert.Equal(DropReason.None, side.Receive(Datagram(4) with { Psn = psn, AckRequest = true }, RouteHeader));
        }

        Assert.Equal("5 Success 44, 5 Success 44, 3 Success 44, 16777215 Success 44", side.Received());
    }

    [Theory] // R-RESP-46, R-RESP-17: dropped and counted by reason, the receive waits for the next.
    [InlineData(Header + 9, 10, DropReason.BadLength)]
    [InlineData(Header - 1, 0, DropReason.BadLength)]
    [InlineData(2000, 1025, DropReason.MtuExceeded)]
    [InlineData(-1, 10, DropReason.NoReceiveBuffer)]
    [InlineData(-2, 10, DropReason.MrViolation)]
    public void WhatDoesNotFitIsDropped(int room, int length, DropReason reason)
    {
        var side = Datagrams();
        if (room == -2) side.PostReceive(1, new ScatterGatherEntry(side.SinkAddress, 100, 0xBAD));
        else if (room >= 0) side.PostReceive(1, room);
        Assert.Equal(reason, side.Receive(Datagram(length), RouteHeader));
        Assert.Equal((0, -1), (side.Machine.Counters.RdmaReceives, side.Sink[..100].IndexOfAnyExcept((byte)0)));
        Assert.Equal(("", QueuePairState.ReadyToSend), (side.Received(), side.Context.State));
        Assert.Empty(side.Events);
        if (room == -2) return;
        side.PostReceive(2, Header);
        Assert.Equal(room == Header - 1 ? DropReason.BadLength : DropReason.None, side.Receive(Datagram(0), RouteHeader));
        Assert.Equal(room switch { -1 => "2 Success 40", Header - 1 => "", _ => "1 Success 40" }, side.Received());
    }

    [Fact] // R-RESP-47: whoever repeats a packet for the members of a group hands it in by their numbers.
    public void ADatagramToAGroupIsDelivered()
    {
        var side = Datagrams();
        side.PostReceive(1, 100);
        var packet = (Datagram(10) with { DestinationQueuePair = 0xFF_FFFF }).ToBytes();
        Assert.Equal(DropReason.None, PacketView.TryParse(packet, out var view));
        Assert.Equal(DropReason.None, side.Machine.Admit(view, new Gid(77), new Gid(88)));
        Assert.Equal(DropReason.None, side.Receive(packet, RouteHeader));
        Assert.Equal("1 Success 50", side.Received());
    }

    [Fact] // R-WIRE-29; wire.md section 8, steps 11 and 12 in order.
    public void TheQueueKeyMustBeTheQueuePairs()
    {
        var side = Datagrams();
        Assert.Equal(DropReason.None, side.Admit(Datagram(4)));
        Assert.Equal(DropReason.BadQkey, side.Admit(Datagram(4) with { QueueKey = 5 }));
        Assert.Equal(DropReason.BadQkey, side.Admit(Datagram(4) with { QueueKey = 0x8001_0000 }));
        Assert.Equal(DropReason.BadPkey, side.Admit(Datagram(4) with { QueueKey = 5, PartitionKey = 0x8001 }));
    }

    [Fact] // R-WIRE-27, R-WIRE-26: the entry at the index, as it is now.
    public void ThePartitionKeyMustMatchTheQueuePairsEntry()
    {
        var side = Datagrams();
        Assert.Equal(DropReason.None, side.Admit(Datagram(4) with { PartitionKey = 0x7FFF }));
        side.PartitionKeys[0] = 0x0005;
        Assert.Equal(DropReason.None, side.Admit(Datagram(4)));
        side.Machine.ReloadPartitionKey();
        Assert.Equal(DropReason.BadPkey, side.Admit(Datagram(4)));
        Assert.Equal(DropReason.BadPkey, side.Admit(Datagram(4) with { PartitionKey = 0x0005 }));
        Assert.Equal(DropReason.None, side.Admit(Datagram(4) with { PartitionKey = 0x8005 }));
    }

    [Theory] // R-WIRE-27, R-WIRE-29: queue pair 1 takes any P_Key of the table, and tells which; its Q_Key is the well-known one.
    [InlineData(0xFFFF, 0)]
    [InlineData(0x0001, 1)]
    [InlineData(0x8002, 2)]
    [InlineData(0x0002, -1)]
    [InlineData(0x8003, -1)]
    public void GeneralServicesTakeAnyPartition(ushort key, int index)
    {
        var side = new UnreliableSide(QueuePairType.Gsi, number: 1);
        var datagram = Datagram(4) with { QueueKey = 0x8001_0000, PartitionKey = key };
        Assert.Equal(index < 0 ? DropReason.BadPkey : DropReason.None, side.Admit(datagram));
        Assert.Equal(index < 0 ? DropReason.BadPkey : DropReason.BadQkey, side.Admit(datagram with { QueueKey = UnreliableSide.QueueKey }));
        if (index < 0) return;
        side.PostReceive(1, 100);
        Assert.Equal(DropReason.None, side.Receive(datagram, RouteHeader));
        Assert.Equal(index, Assert.Single(UnreliableSide.Take(side.ReceiveCq)).PkeyIndex);
    }

    [Fact] // R-WIRE-27, R-WIRE-29: subnet management checks neither.
    public void SubnetManagementChecksNoKey()
    {
        var side = new UnreliableSide(QueuePairType.Smi, number: 0);
        Assert.Equal(DropReason.None, side.Admit(Datagram(4) with { QueueKey = 0, PartitionKey = 0x1234 }));
    }

    [Fact] // R-RESP-49, R-RESP-50.
    public void InErrReceivesAreFlushed()
    {
        var side = Datagrams();
        side.PostReceive(1, 100);
        side.Modify(QueuePairState.Error);
        Assert.Equal("1 WorkRequestFlushedError 0", side.Received());
        Assert.Equal(DropReason.QpState, side.Receive(Datagram(4), RouteHeader));
        side.Modify(QueuePairState.Reset);
        Assert.Equal(QueuePairState.Reset, side.Context.State);
    }

    private static UnreliableSide Datagrams() => new(QueuePairType.UnreliableDatagram);

    private static ScatterGatherEntry Sink(UnreliableSide side, int offset, uint length) =>
        new(side.SinkAddress + (ulong)offset, length, side.SinkKey);

    private static Request Datagram(int payload, Opcode opcode = Opcode.UdSendOnly) => new(opcode, 1)
    {
        Payload = ReceiveSide.Pattern(payload), QueueKey = UnreliableSide.QueueKey, SourceQueuePair = 0x77, Immediate = 7,
        DestinationQueuePair = UnreliableSide.Number, AckRequest = false,
    };
}

using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Tests.SendQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SharedReceives;

/// <summary>XRC initiators: as RC, with XRCETH in every request (R-REQ-59, R-REQ-61).</summary>
public sealed class XrcInitiatorTests
{
    private const uint Queue = 0xABCDEF;

    private readonly HandDevice _device = new();
    private readonly HandQueuePair _initiator;

    public XrcInitiatorTests()
    {
        _initiator = _device.CreateInitiator();
        // The newest ACK again, with unlimited credits: it acknowledges nothing (R-REQ-16).
        Acknowledge(HandQueuePair.FirstPsn - 1, Aeth.Ack(Aeth.UnlimitedCredit, 0));
    }

    [Theory]
    [InlineData(SendOpcode.Send, 0, "XrcSendOnly")]
    [InlineData(SendOpcode.Send, 700, "XrcSendFirst XrcSendMiddle XrcSendLast")]
    [InlineData(SendOpcode.SendWithImmediate, 256, "XrcSendOnlyImmediate")]
    [InlineData(SendOpcode.SendWithImmediate, 300, "XrcSendFirst XrcSendLastImmediate")]
    [InlineData(SendOpcode.SendWithInvalidate, 3, "XrcSendOnlyInvalidate")]
    [InlineData(SendOpcode.SendWithInvalidate, 300, "XrcSendFirst XrcSendLastInvalidate")]
    [InlineData(SendOpcode.RdmaWrite, 5, "XrcWriteOnly")]
    [InlineData(SendOpcode.RdmaWrite, 700, "XrcWriteFirst XrcWriteMiddle XrcWriteLast")]
    [InlineData(SendOpcode.RdmaWriteWithImmediate, 0, "XrcWriteOnlyImmediate")]
    [InlineData(SendOpcode.RdmaWriteWithImmediate, 300, "XrcWriteFirst XrcWriteLastImmediate")]
    [InlineData(SendOpcode.RdmaRead, 700, "XrcReadRequest")]
    [InlineData(SendOpcode.CompareAndSwap, 8, "XrcCompareSwap")]
    [InlineData(SendOpcode.FetchAndAdd, 8, "XrcFetchAdd")]
    public void EveryPacketOfEveryOperationNamesTheQueue(SendOpcode opcode, int length, string packets)
    {
        Post(opcode, length);
        var sent = _initiator.PollAll();
        Assert.Equal(packets, string.Join(' ', sent.Select(packet => packet.Opcode)));
        Assert.All(sent, packet => Assert.Equal([0, 0xAB, 0xCD, 0xEF], packet.Header[12..16]));
        Assert.All(sent, packet => Assert.Equal(OpcodeTraits.Of(packet.Opcode).HeaderLength, packet.Header.Length));
        Assert.Equal(HandQueuePair.PeerNumber, sent[0].Destination);
        Assert.True(sent[^1].AckRequest);
    }

    [Fact] // R-REQ-44: a repeated packet names it too, and is the same but for AckReq.
    public void ARepeatedPacketIsTheSame()
    {
        Post(SendOpcode.Send, 700);
        var first = _initiator.PollAll();
        Acknowledge(HandQueuePair.FirstPsn + 1, Aeth.Nak(NakCode.PsnSequenceError, 0));
        var again = _initiator.PollAll();
        Assert.Equal(first[1..].Select(packet => packet.Header), again.Select(packet => packet.Header));
        Assert.Equal(first[1..].Select(packet => packet.Payload), again.Select(packet => packet.Payload));
    }

    [Fact] // R-REQ-23: a resumed READ as well.
    public void AResumedReadNamesTheQueue()
    {
        Post(SendOpcode.RdmaRead, 700);
        _initiator.PollAll();
        var data = new byte[256];
        Assert.Equal(DropReason.None, _initiator.ReceiveResponse(
            SendSide.Response(Opcode.XrcReadResponseFirst, HandQueuePair.FirstPsn, data, Aeth.Ack(0x1F, 1))));
        Acknowledge(HandQueuePair.FirstPsn + 2, Aeth.Ack(0x1F, 1));
        var resumed = Assert.Single(_initiator.PollAll());
        Assert.Equal((Opcode.XrcReadRequest, HandQueuePair.FirstPsn + 1), (resumed.Opcode, resumed.Psn));
        Assert.Equal([0, 0xAB, 0xCD, 0xEF], resumed.Header[12..16]);
        Assert.Equal(444u, resumed.Reth!.Value.DmaLength);
        _initiator.ReceiveResponse(SendSide.Response(Opcode.XrcReadResponseFirst, HandQueuePair.FirstPsn + 1, data, Aeth.Ack(0x1F, 1)));
        _initiator.ReceiveResponse(
            SendSide.Response(Opcode.XrcReadResponseLast, HandQueuePair.FirstPsn + 2, new byte[188], Aeth.Ack(0x1F, 1)));
        Assert.Equal("1 Success qp 12", _device.Completed());
    }

    [Fact] // Messages of one initiator may go to any queue of the peer's domain.
    public void EachMessageHasItsOwnQueue()
    {
        Post(SendOpcode.Send, 300);
        Post(SendOpcode.Send, 300, queue: 1);
        Assert.Equal([0xEF, 0xEF, 1, 1], _initiator.PollAll().Select(packet => (int)packet.Header[15]));
    }

    [Fact] // R-REQ-61: the table of XRC is that of RC with the opcodes of XRC; what has none there is not in it.
    public void TheTableIsThatOfRc()
    {
        var (rc, xrc) = (SendOperations.For(QueuePairType.ReliableConnection), SendOperations.For(QueuePairType.XrcInitiator));
        var compared = 0;
        foreach (var opcode in Enum.GetValues<SendOpcode>())
        {
            if (rc.Find(opcode) is not { } row || opcode is SendOpcode.Flush or SendOpcode.AtomicWrite)
            {
                Assert.Null(xrc.Find(opcode));
                continue;
            }

            var extended = xrc.Find(opcode)!;
            Assert.Equal(row, extended with
            {
                First = row.First, Middle = row.Middle, Last = row.Last, Only = row.Only, HasXrcEth = false,
            });
            Assert.Equal(new[] { row.First, row.Middle, row.Last, row.Only }.Select(rcOpcode => (Opcode)((byte)rcOpcode | 0xA0)),
                [extended.First, extended.Middle, extended.Last, extended.Only]);
            Assert.True(extended.HasXrcEth && !row.HasXrcEth);
            compared++;
        }

        Assert.True(compared >= 8);
    }

    [Fact] // As for RC: a NAK ends it, the status tells why, later work is flushed; it has no receives to tell of.
    public void ANakEndsTheInitiator()
    {
        Post(SendOpcode.Send, 10);
        Post(SendOpcode.Send, 10);
        _initiator.PollAll();
        Acknowledge(HandQueuePair.FirstPsn, Aeth.Nak(NakCode.InvalidRequest, 0));
        Assert.Equal("1 RemoteInvalidRequestError qp 12, 1 WorkRequestFlushedError qp 12", _device.Completed());
        Assert.Empty(_initiator.Events);
    }

    private void Acknowledge(uint psn, Aeth aeth) =>
        _initiator.ReceiveResponse(SendSide.Response(Opcode.XrcAcknowledge, psn, [], aeth));

    private void Post(SendOpcode opcode, int length, uint queue = Queue) => _initiator.Post(new SendWorkRequest
    {
        WorkRequestId = 1, Opcode = opcode, Entry = _device.Memory.Entry(0, (ulong)length), RemoteAddress = 0x1000, RemoteKey = 5,
        RemoteSharedReceiveQueue = queue,
    });
}

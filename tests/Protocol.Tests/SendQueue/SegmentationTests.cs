using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>How messages become packets (requester.md section 3).</summary>
public sealed class SegmentationTests
{
    [Theory] // R-REQ-5, R-REQ-6, R-REQ-10, R-WIRE-17
    [InlineData(SendOpcode.Send, 0, "SendOnly 100!")]
    [InlineData(SendOpcode.Send, 1, "SendOnly 100!")]
    [InlineData(SendOpcode.Send, 256, "SendOnly 100!")]
    [InlineData(SendOpcode.Send, 257, "SendFirst 100, SendLast 101!")]
    [InlineData(SendOpcode.Send, 512, "SendFirst 100, SendLast 101!")]
    [InlineData(SendOpcode.Send, 769, "SendFirst 100, SendMiddle 101, SendMiddle 102, SendLast 103!")]
    [InlineData(SendOpcode.SendWithImmediate, 0, "SendOnlyImmediate 100!")]
    [InlineData(SendOpcode.SendWithImmediate, 600, "SendFirst 100, SendMiddle 101, SendLastImmediate 102!")]
    [InlineData(SendOpcode.SendWithInvalidate, 10, "SendOnlyInvalidate 100!")]
    [InlineData(SendOpcode.SendWithInvalidate, 600, "SendFirst 100, SendMiddle 101, SendLastInvalidate 102!")]
    [InlineData(SendOpcode.RdmaWrite, 0, "WriteOnly 100!")]
    [InlineData(SendOpcode.RdmaWrite, 600, "WriteFirst 100, WriteMiddle 101, WriteLast 102!")]
    [InlineData(SendOpcode.RdmaWriteWithImmediate, 256, "WriteOnlyImmediate 100!")]
    [InlineData(SendOpcode.RdmaWriteWithImmediate, 600, "WriteFirst 100, WriteMiddle 101, WriteLastImmediate 102!")]
    [InlineData(SendOpcode.RdmaRead, 0, "ReadRequest 100!")]
    [InlineData(SendOpcode.RdmaRead, 5000, "ReadRequest 100!")]
    [InlineData(SendOpcode.CompareAndSwap, 8, "CompareSwap 100!")]
    [InlineData(SendOpcode.FetchAndAdd, 8, "FetchAdd 100!")]
    public void MessageBecomesThesePackets(SendOpcode opcode, int length, string packets)
    {
        var side = new SendSide();
        side.Post(1, opcode, length);
        Assert.Equal(packets, side.Sent());
    }

    [Theory] // R-REQ-5: the next request skips the range of the responses.
    [InlineData(0, 101)]
    [InlineData(256, 101)]
    [InlineData(257, 102)]
    [InlineData(5000, 120)]
    public void NextPsnSkipsTheResponsesOfARead(int length, uint next)
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaRead, length);
        side.Post(2, SendOpcode.Send);
        Assert.Equal(next, side.PollAll()[1].Psn);
        Assert.Equal(next + 1, side.Machine.Query().SendPsn);
    }

    [Fact] // R-REQ-7
    public void RethIsInTheFirstPacketOnlyAndNamesTheWholeMessage()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaWrite, 600);
        side.Post(2, SendOpcode.RdmaRead, 700);
        var packets = side.PollAll();
        Assert.Equal(new Reth(SendSide.RemoteAddress, SendSide.RemoteKey, 600), packets[0].Reth);
        Assert.All(packets[1..3], p => Assert.Null(p.Reth));
        Assert.Equal(new Reth(SendSide.RemoteAddress, SendSide.RemoteKey, 700), packets[3].Reth);
        Assert.Empty(packets[3].Payload);
    }

    [Fact] // R-REQ-6
    public void ImmediateAndInvalidateAreInTheLastPacket()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.SendWithImmediate, 300);
        side.Post(2, SendOpcode.SendWithInvalidate, 300);
        side.Post(3, SendOpcode.RdmaWriteWithImmediate, 3);
        var packets = side.PollAll();
        Assert.Equal([null, 0xAABBCCDD, null, null, 0xAABBCCDD], packets.Select(p => p.Immediate));
        Assert.Equal([null, null, null, 0x99u, null], packets.Select(p => p.InvalidateKey));
    }

    [Theory] // R-REQ-9
    [InlineData(SendOpcode.Send, "SendFirst 100, SendLast 101!*")]
    [InlineData(SendOpcode.RdmaWriteWithImmediate, "WriteFirst 100, WriteLastImmediate 101!*")]
    [InlineData(SendOpcode.RdmaWrite, "WriteFirst 100, WriteLast 101!")]
    [InlineData(SendOpcode.RdmaRead, "ReadRequest 100!")]
    public void SolicitedIsSetInTheLastPacketOfWhatTakesAReceive(SendOpcode opcode, string packets)
    {
        var side = new SendSide();
        side.Post(1, opcode, 300, SendFlags.Solicited);
        Assert.Equal(packets, side.Sent());
    }

    [Fact]
    public void PacketsGoToThePeerAndCarryTheBytesInOrder()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, 1001);
        var packets = side.PollAll();
        Assert.All(packets, p => Assert.Equal(SendSide.PeerNumber, p.Destination));
        Assert.Equal(SendSide.Bytes(0, 1001), packets.SelectMany(p => p.Payload));
        // R-WIRE-16
        Assert.Equal([0, 0, 0, 3], packets.Select(p => p.PadCount));
    }

    [Fact] // R-REQ-12: no key is looked up.
    public void InlineDataComeFromTheRing()
    {
        var side = new SendSide(withMemory: false);
        side.PostInline(1, SendOpcode.Send, [1, 2, 3]);
        var packet = Assert.Single(side.PollAll());
        Assert.Equal([1, 2, 3], packet.Payload);
    }

    [Fact] // R-REQ-13
    public void MessagesDoNotMix()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, 300);
        side.Post(2, SendOpcode.RdmaWrite, 300);
        Assert.Equal("SendFirst 100, SendLast 101!, WriteFirst 102, WriteLast 103!", side.Sent());
    }

    [Theory] // R-REQ-1; R-REQ-3: the first PSN is that of Modify.
    [InlineData(0xFFFFFE)]
    [InlineData(0xFFFFFF)]
    public void PsnWrapsInsideAMessage(uint first)
    {
        var side = new SendSide(psn: first);
        side.Post(1, SendOpcode.Send, 4 * SendSide.Mtu);
        Assert.Equal(Enumerable.Range(0, 4).Select(i => (first + (uint)i) & 0xFFFFFF), side.PollAll().Select(p => p.Psn));
        side.Ack((first + 2) & 0xFFFFFF);
        Assert.Equal("", side.Completed());
        side.Ack((first + 3) & 0xFFFFFF);
        Assert.Equal("1 Success", side.Completed());
    }
}

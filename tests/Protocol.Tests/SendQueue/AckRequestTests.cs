using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>When packets ask for an acknowledgement (requester.md section 4).</summary>
public sealed class AckRequestTests
{
    private static readonly QueuePairOptions Sparse = new() { AckRequestOnEveryMessage = false };

    [Fact] // R-REQ-15
    public void EverySixtySixthPacketWithoutRequestAsks()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, 128 * SendSide.Mtu);
        var asking = side.PollAll().Select((p, i) => (p.AckRequest, i)).Where(p => p.AckRequest).Select(p => p.i);
        Assert.Equal([65, 127], asking);
    }

    [Fact] // R-REQ-15: the count starts again whenever A is set.
    public void CountStartsAgainWithEveryRequest()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, 10 * SendSide.Mtu);
        side.Post(2, SendOpcode.Send, 100 * SendSide.Mtu);
        var asking = side.PollAll().Select((p, i) => (p.AckRequest, i)).Where(p => p.AckRequest).Select(p => p.i);
        Assert.Equal([9, 75, 109], asking);
    }

    [Fact] // R-REQ-15: what is answered with data asks, and the count starts again.
    public void AReadStartsTheCountAgain()
    {
        var side = new SendSide(options: Sparse with { AckRequestInterval = 4 });
        side.Post(1, SendOpcode.Send, 2 * SendSide.Mtu);
        side.Post(2, SendOpcode.RdmaRead);
        side.Post(3, SendOpcode.RdmaWrite, 6 * SendSide.Mtu);
        Assert.Equal(
            "SendFirst 100, SendLast 101, ReadRequest 102!, WriteFirst 103, WriteMiddle 104, WriteMiddle 105, WriteMiddle 106!, "
            + "WriteMiddle 107, WriteLast 108!",
            side.Sent());
    }

    [Fact] // R-REQ-53
    public void ResetStartsTheCountAgain()
    {
        var side = new SendSide(options: new QueuePairOptions { AckRequestInterval = 3 });
        side.Post(1, SendOpcode.Send, 3 * SendSide.Mtu);
        Assert.Equal("SendFirst 100, SendMiddle 101", $"{side.Poll()}, {side.Poll()}");
        side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.Reset }, side.Now);
        side.Connect(200, 4, 14, 3, 3);
        side.UnlimitCredits();
        side.Post(2, SendOpcode.Send, 5 * SendSide.Mtu);
        Assert.Equal("SendFirst 200, SendMiddle 201, SendMiddle 202!, SendMiddle 203, SendLast 204!", side.Sent());
    }

    [Theory] // R-REQ-14
    [InlineData(1, "SendFirst 100!, SendMiddle 101!, SendLast 102!")]
    [InlineData(2, "SendFirst 100, SendMiddle 101!, SendLast 102!")]
    public void IntervalIsAnOption(int interval, string packets)
    {
        var side = new SendSide(options: new QueuePairOptions { AckRequestInterval = interval });
        side.Post(1, SendOpcode.Send, 3 * SendSide.Mtu);
        Assert.Equal(packets, side.Sent());
    }

    [Fact] // R-REQ-14: the last packet that can be sent now asks.
    public void SparseRequestsAskWhereNothingFollows()
    {
        var side = new SendSide(options: Sparse);
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.Send);
        side.Post(3, SendOpcode.RdmaRead);
        side.Post(4, SendOpcode.Send);
        side.Post(5, SendOpcode.RdmaWrite, flags: SendFlags.Fence);
        Assert.Equal("SendOnly 100, SendOnly 101, ReadRequest 102!, SendOnly 103!", side.Sent());
    }

    [Fact] // R-REQ-14, R-REQ-49: what would have followed, and asked, is held back in SQD.
    public void DrainingAsksForWhatWasSentWithoutRequest()
    {
        var side = new SendSide(options: Sparse);
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.Send);
        Assert.Equal("SendOnly 100", side.Poll()!.ToString());
        var due = side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained }, side.Now);
        Assert.Equal(Work.SendDue, due & Work.SendDue);
        Assert.Equal("SendOnly 100!", side.Sent());
    }

    [Fact] // R-REQ-14, R-REQ-46: what would have followed cannot start.
    public void FaultAsksForWhatWasSentWithoutRequest()
    {
        var side = new SendSide(options: Sparse);
        side.Post(1, SendOpcode.Send);
        side.Post(2, SendOpcode.Send, SendFlags.None, side.Source(0, 8) with { LocalKey = side.SourceKey ^ 0x100 });
        Assert.Equal("SendOnly 100, SendOnly 100!", side.Sent());
        side.Ack(100);
        Assert.Equal("1 Success, 2 LocalProtectionError", side.Completed());
    }

    [Fact] // R-REQ-14: window.
    public void PacketThatFillsTheWindowAsks()
    {
        var side = new SendSide(options: Sparse with { RequestWindowBytes = 0, AckRequestInterval = 1000 });
        side.Post(1, SendOpcode.Send, 200 * SendSide.Mtu);
        var packets = side.PollAll();
        Assert.Equal(128, packets.Count);
        Assert.Equal([127], packets.Select((p, i) => (p.AckRequest, i)).Where(p => p.AckRequest).Select(p => p.i));
    }

    [Fact] // R-REQ-44
    public void LastPacketOfARetryPassAsks()
    {
        var side = new SendSide(options: Sparse);
        side.Post(1, SendOpcode.Send, 6 * SendSide.Mtu);
        for (var i = 0; i < 4; i++) Assert.False(side.Poll()!.AckRequest);
        side.Nak(101, NakCode.PsnSequenceError);
        Assert.Equal("SendMiddle 101", side.Poll()!.ToString());
        Assert.Equal("SendMiddle 102", side.Poll()!.ToString());
        Assert.Equal("SendMiddle 103!", side.Poll()!.ToString());
        Assert.Equal("SendMiddle 104, SendLast 105!", side.Sent());
    }

    [Fact] // R-REQ-4
    public void WindowIsInBytesWithinItsLimits()
    {
        foreach (var (bytes, mtu, packets) in ((int, PathMtu, int)[])[
            (512 * 1024, PathMtu.Mtu256, 2048), (512 * 1024, PathMtu.Mtu1024, 512), (512 * 1024, PathMtu.Mtu4096, 128),
            (0, PathMtu.Mtu256, 128), (1 << 30, PathMtu.Mtu256, 2048), (256 * 300, PathMtu.Mtu256, 300)])
        {
            var side = new SendSide(start: false, options: new QueuePairOptions { RequestWindowBytes = bytes });
            side.Connect(100, 4, 14, 3, 3, mtu);
            side.SourceKey = side.Regions.Add(SendSide.Domain, 0, 1u << 31, (nint)side.SourceAddress, AccessFlags.None);
            side.Post(1, SendOpcode.RdmaWrite, SendFlags.None, new ScatterGatherEntry(0, 1u << 31, side.SourceKey));
            Assert.Equal(packets, Count(side));
            side.Ack(100);
            Assert.Equal(1, Count(side));
        }
    }

    [Fact] // R-WIRE-18: the longest message; the memory is never touched by the requester.
    public void MessageOfTwoGibibytesIsSent()
    {
        var side = new SendSide(start: false);
        side.Connect(0xFFFF00, 4, 14, 3, 3, PathMtu.Mtu4096);
        var key = side.Regions.Add(SendSide.Domain, 0, 1u << 31, (nint)side.SourceAddress, AccessFlags.None);
        side.Post(1, SendOpcode.RdmaWrite, SendFlags.None, new ScatterGatherEntry(0, 1u << 31, key));
        long total = 0;
        for (int sent; (sent = Count(side)) != 0;)
        {
            total += sent;
            side.Ack((uint)(0xFFFF00 + total - 1) & 0xFFFFFF);
        }

        Assert.Equal(1L << 19, total);
        Assert.Equal("1 Success", side.Completed());
    }

    private static int Count(SendSide side)
    {
        var header = new byte[PacketWriter.MaxHeaderLength];
        var segments = new PayloadReference[32];
        for (var count = 0; ; count++)
        {
            var writer = new PacketWriter(header, segments);
            if (!side.Machine.PollRequest(ref writer, side.Now)) return count;
        }
    }
}

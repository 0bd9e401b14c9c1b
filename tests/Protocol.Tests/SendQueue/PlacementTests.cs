using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>ATOMIC WRITE and FLUSH at the requester (R-REQ-5, R-REQ-21, R-REQ-26, R-REQ-33).</summary>
public sealed class PlacementTests
{
    private const Opcode Only = Opcode.RcReadResponseOnly;

    public static TheoryData<SendOpcode> Both => [SendOpcode.AtomicWrite, SendOpcode.Flush];

    [Fact] // R-REQ-26: RETH of 8 bytes, the bytes in memory order, gathered from entries.
    public void AnAtomicWriteCarriesItsEightBytesAsTheyAre()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.AtomicWrite, SendFlags.None, side.Source(10, 3), side.Source(100, 0), side.Source(200, 5));
        var packet = Assert.Single(side.PollAll());
        Assert.Equal("AtomicWrite 100!", packet.ToString());
        Assert.Equal(new Reth(SendSide.RemoteAddress, SendSide.RemoteKey, 8), packet.Reth);
        Assert.Equal([.. SendSide.Bytes(10, 3), .. SendSide.Bytes(200, 5)], packet.Payload);
    }

    [Fact] // R-REQ-12, R-REQ-26: inline too.
    public void AnAtomicWriteMayBeInline()
    {
        var side = new SendSide();
        side.PostInline(1, SendOpcode.AtomicWrite, [1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], Assert.Single(side.PollAll()).Payload);
    }

    [Theory, MemberData(nameof(Both))] // R-REQ-5, R-REQ-26: one PSN; an empty READ RESPONSE ONLY completes it.
    public void AnEmptyReadResponseCompletesIt(SendOpcode opcode)
    {
        var side = new SendSide();
        Post(side, 1, opcode);
        side.Post(2, SendOpcode.Send);
        var name = opcode == SendOpcode.Flush ? "Flush" : "AtomicWrite";
        Assert.Equal($"{name} 100!, SendOnly 101!", side.Sent());
        Assert.Equal(DropReason.None, side.ReadResponse(Only, 100, []));
        var completion = Assert.Single(side.PollCompletions());
        var expected = opcode == SendOpcode.Flush ? WorkCompletionOpcode.Flush : WorkCompletionOpcode.AtomicWrite;
        Assert.Equal((1ul, WorkCompletionStatus.Success, expected), (completion.WorkRequestId, completion.Status, completion.Opcode));
    }

    [Theory, MemberData(nameof(Both))] // R-REQ-33: any other response in its place is bad.
    public void AnyOtherResponseIsBad(SendOpcode opcode)
    {
        foreach (var respond in (Func<SendSide, DropReason>[])
        [
            side => side.ReadResponse(Only, 100, new byte[8]),
            side => side.ReadResponse(Opcode.RcReadResponseFirst, 100, new byte[256]),
            side => side.ReadResponse(Opcode.RcReadResponseLast, 100, new byte[1]),
            side => side.ReadResponse(Only, 100, [], Aeth.RnrNak(1, 0)),
            side => side.AtomicAck(100, 0),
        ])
        {
            var side = new SendSide();
            Post(side, 1, opcode);
            side.PollAll();
            Assert.Equal(DropReason.BadOpcode, respond(side));
            Assert.Equal("1 BadResponseError", side.Completed());
        }
    }

    [Theory, MemberData(nameof(Both))] // R-REQ-33: an ACK at or beyond it does not complete it, but is an implied NAK.
    public void AnAckBeyondItMeansThatItsAnswerIsLost(SendOpcode opcode)
    {
        var side = new SendSide();
        Post(side, 1, opcode);
        side.Post(2, SendOpcode.Send);
        var first = side.PollAll()[0];
        side.Ack(101);
        Assert.Equal("", side.Completed());
        // R-REQ-27: and it is sent again, the same to the bit.
        var again = side.PollAll()[0];
        Assert.Equal((Convert.ToHexString(first.Header), Convert.ToHexString(first.Payload)),
            (Convert.ToHexString(again.Header), Convert.ToHexString(again.Payload)));
        side.ReadResponse(Only, 100, []);
        side.Ack(101);
        Assert.Equal("1 Success, 2 Success", side.Completed());
    }

    [Theory, MemberData(nameof(Both))] // R-REQ-21: it takes one of the slots of max_rd_atomic, and frees it.
    public void ItTakesASlot(SendOpcode opcode)
    {
        var side = new SendSide(depth: 1);
        Post(side, 1, opcode);
        side.Post(2, SendOpcode.RdmaRead);
        Assert.Single(side.PollAll());
        side.ReadResponse(Only, 100, []);
        Assert.Equal("ReadRequest 101!", side.Sent());
    }

    [Fact] // R-REQ-21: without slots an ATOMIC WRITE never starts.
    public void WithoutSlotsAnAtomicWriteWaits()
    {
        var side = new SendSide(depth: 0);
        Post(side, 1, SendOpcode.AtomicWrite);
        Assert.Empty(side.PollAll());
    }

    [Fact] // R-REQ-21 does not name FLUSH, and a responder of no READs answers one (responder.md section 4, check 4): one at a time.
    public void WithoutSlotsOneFlushIsUnderWay()
    {
        var side = new SendSide(depth: 0);
        Post(side, 1, SendOpcode.Flush);
        Post(side, 2, SendOpcode.Flush);
        Assert.Equal("Flush 100!", side.Sent());
        side.ReadResponse(Only, 100, []);
        Assert.Equal("Flush 101!", side.Sent());
        side.ReadResponse(Only, 101, []);
        Assert.Equal("1 Success, 2 Success", side.Completed());
    }

    [Theory, MemberData(nameof(Both))] // R-REQ-29: a fence waits for it, as for everything that has an answer of its own.
    public void AFenceWaitsForIt(SendOpcode opcode)
    {
        var side = new SendSide();
        Post(side, 1, opcode);
        side.Post(2, SendOpcode.Send, flags: SendFlags.Fence);
        Assert.Single(side.PollAll());
        side.ReadResponse(Only, 100, []);
        Assert.Equal("SendOnly 101!", side.Sent());
    }

    [Theory, MemberData(nameof(Both))] // R-REQ-42: an RNR NAK, which a responder without a free slot sends, is waited out.
    public void ARefusalForNowIsWaitedOut(SendOpcode opcode)
    {
        var side = new SendSide();
        Post(side, 1, opcode);
        var first = Assert.Single(side.PollAll());
        Assert.Equal(DropReason.None, side.Rnr(100));
        Assert.Empty(side.PollAll());
        side.AwaitDeadline();
        Assert.Equal(first.Header, Assert.Single(side.PollAll()).Header);
    }

    [Theory, MemberData(nameof(Both))] // R-REQ-33: NAK 1 and NAK 2.
    public void ANakFailsIt(SendOpcode opcode)
    {
        foreach (var (code, status) in new[]
        {
            (NakCode.InvalidRequest, WorkCompletionStatus.RemoteInvalidRequestError),
            (NakCode.RemoteAccessError, WorkCompletionStatus.RemoteAccessError),
        })
        {
            var side = new SendSide();
            Post(side, 1, opcode);
            side.PollAll();
            side.Nak(100, code);
            Assert.Equal($"1 {status}", side.Completed());
        }
    }

    [Fact] // R-REQ-11: a source without local write is fine; without a key it is not.
    public void TheSourceOfAnAtomicWriteIsOnlyRead()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.AtomicWrite, SendFlags.None, side.Source(0, 8) with { LocalKey = 0xBAD });
        Assert.Empty(side.PollAll());
        Assert.Equal("1 LocalProtectionError", side.Completed());
    }

    private static void Post(SendSide side, ulong id, SendOpcode opcode)
    {
        if (opcode == SendOpcode.AtomicWrite) side.Post(id, opcode, 8);
        else side.Post(new SendWqe { WorkRequestId = id, Opcode = opcode, FlushPlacement = FlushPlacement.Persistence, FlushLength = 64 });
    }
}

using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>Local memory of send work requests (R-REQ-11).</summary>
public sealed class GatherTests
{
    [Fact]
    public void EntriesAreConcatenatedInListOrderAndEmptyOnesSkipped()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, SendFlags.None,
            side.Source(500, 0), side.Source(1000, 200), side.Source(0, 0), side.Source(100, 300), side.Source(7, 1), side.Source(9, 0));
        var packets = side.PollAll();
        byte[] expected = [.. SendSide.Bytes(1000, 200), .. SendSide.Bytes(100, 300), .. SendSide.Bytes(7, 1)];
        Assert.Equal(expected, packets.SelectMany(p => p.Payload));
        Assert.Equal([256, 245], packets.Select(p => p.Payload.Length));
        Assert.Equal([2, 2], packets.Select(p => p.Segments));
    }

    [Fact]
    public void ThirtyTwoEntriesFitInOnePacket()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.RdmaWrite, SendFlags.None, [.. Enumerable.Range(0, 32).Select(i => side.Source(1000 - (i * 20), 8))]);
        var packet = Assert.Single(side.PollAll());
        Assert.Equal(32, packet.Segments);
        Assert.Equal(Enumerable.Range(0, 32).SelectMany(i => SendSide.Bytes(1000 - (i * 20), 8)), packet.Payload);
    }

    [Fact]
    public void EntriesMayEndInsideAnyPacket()
    {
        var side = new SendSide();
        ScatterGatherEntry[] entries = [.. Enumerable.Range(0, 30).Select(i => side.Source(i * 100, (i * 13) % 97))];
        side.Post(1, SendOpcode.Send, SendFlags.None, entries);
        Assert.Equal(
            Enumerable.Range(0, 30).SelectMany(i => SendSide.Bytes(i * 100, (i * 13) % 97)),
            side.PollAll().SelectMany(p => p.Payload));
    }

    [Fact] // R-REQ-44
    public void RetransmissionIsGatheredAgainFromAnyPacket()
    {
        for (uint from = 0; from < 4; from++)
        {
            var side = new SendSide();
            side.Post(1, SendOpcode.Send, SendFlags.None, side.Source(0, 300), side.Source(900, 0), side.Source(500, 500));
            var first = side.PollAll();
            side.Nak(100 + from, NakCode.PsnSequenceError);
            var second = side.PollAll();
            Assert.Equal(first[(int)from..].Select(p => (p.Psn, p.Opcode, Convert.ToHexString(p.Payload))),
                second.Select(p => (p.Psn, p.Opcode, Convert.ToHexString(p.Payload))));
        }
    }

    [Fact] // R-REQ-11, R-REQ-44: the piece to send again begins one byte behind an empty entry.
    public void RetransmissionFindsItsPlaceBehindAnEmptyEntry()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, SendFlags.None, side.Source(0, 255), side.Source(7, 0), side.Source(1000, 300));
        side.PollAll();
        side.Nak(101, NakCode.PsnSequenceError);
        Assert.Equal(SendSide.Bytes(1001, 256), side.Poll()!.Payload);
        Assert.Equal(SendSide.Bytes(1257, 43), side.Poll()!.Payload);
    }

    [Fact] // R-REQ-11, R-REQ-44: another message, sent again from the same place as the last one stood at.
    public void RetransmissionOfAnotherMessageIsGatheredFromItsOwnEntries()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, SendFlags.None, side.Source(0, 256));
        side.Post(2, SendOpcode.Send, SendFlags.None, side.Source(1000, 100), side.Source(2000, 412));
        side.PollAll();
        side.Nak(100, NakCode.PsnSequenceError);
        Assert.Equal(SendSide.Bytes(0, 256), side.Poll()!.Payload);
        side.Ack(101);
        Assert.Equal(SendSide.Bytes(2156, 256), side.Poll()!.Payload);
    }

    [Fact] // R-REQ-12, R-REQ-6: inline data may fill several packets.
    public void InlineDataAreCutIntoPackets()
    {
        var side = new SendSide();
        side.PostInline(1, SendOpcode.Send, SendSide.Bytes(7, 512));
        side.PostInline(2, SendOpcode.RdmaWrite, SendSide.Bytes(9, 300));
        Assert.Equal([.. SendSide.Bytes(7, 512), .. SendSide.Bytes(9, 300)], side.PollAll().SelectMany(p => p.Payload));
    }

    public static TheoryData<string, SendOpcode> BadEntries() => new()
    {
        { "key", SendOpcode.Send }, { "key", SendOpcode.RdmaRead }, { "range", SendOpcode.RdmaWrite }, { "range", SendOpcode.RdmaRead },
        { "domain", SendOpcode.Send }, { "access", SendOpcode.RdmaRead }, { "access", SendOpcode.FetchAndAdd },
    };

    [Theory, MemberData(nameof(BadEntries))] // R-REQ-11, R-REQ-46
    public void UnusableMemoryFailsTheWorkRequestAndNothingIsSent(string fault, SendOpcode opcode)
    {
        var side = new SendSide();
        var other = side.Regions.Add(SendSide.Domain + 1, side.SinkAddress, 100, (nint)side.SinkAddress, AccessFlags.LocalWrite);
        var entry = fault switch
        {
            "key" => new ScatterGatherEntry(side.SinkAddress, 8, 0xBAD),
            "range" => new ScatterGatherEntry(side.SinkAddress + SendSide.SourceLength - 7, 8, side.SinkKey),
            "domain" => new ScatterGatherEntry(side.SinkAddress, 8, other),
            _ => side.Source(0, 8),
        };
        side.Post(1, opcode, SendFlags.None, entry);
        Assert.Equal("", side.Sent());
        Assert.Equal("1 LocalProtectionError", side.Completed());
        Assert.Equal(QueuePairState.Error, side.Context.State);
    }

    [Fact]
    public void SourceNeedsNoAccessFlagAndAnEmptyEntryNoKey()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, SendFlags.None, new ScatterGatherEntry(1, 0, 0xBAD), side.Source(0, 4));
        Assert.Equal("SendOnly 100!", side.Sent());
    }

    [Fact] // R-REQ-46: the memory goes away between two packets.
    public void MemoryThatGoesAwayInTheMiddleStopsTheMessage()
    {
        var side = new SendSide();
        side.Post(1, SendOpcode.Send, 20);
        side.Post(2, SendOpcode.RdmaWrite, 1000);
        side.Post(3, SendOpcode.Send, 20);
        side.Poll();
        side.Poll();
        side.Regions.Invalidate(side.SourceKey);
        Assert.Equal("", side.Sent());
        Assert.Equal("", side.Completed());
        side.Ack(100);
        Assert.Equal("1 Success, 2 LocalProtectionError, 3 WorkRequestFlushedError", side.Completed());
    }
}

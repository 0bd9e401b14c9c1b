using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>ATOMIC WRITE and FLUSH at the responder (responder.md sections 4, 5, 7 and 8; R-RESP-29, R-RESP-30).</summary>
public sealed class PlacementTests
{
    private const uint E = 0xFFFFFE;
    private const AccessFlags Writable = AccessFlags.LocalWrite | AccessFlags.RemoteWrite;

    public static TheoryData<Opcode> Both => [Opcode.RcAtomicWrite, Opcode.RcFlush];

    [Fact] // R-REQ-26, R-RESP-30: the bytes as they came, at their place, no others.
    public void AnAtomicWriteStoresItsBytesAsTheyAre()
    {
        var side = new ReceiveSide(E);
        side.Region.Fill(0xEE);
        side.Accept(side.Legal(Opcode.RcAtomicWrite, E) with { Address = side.RegionAddress + 16, Payload = [1, 2, 3, 4, 5, 6, 7, 8] });
        Assert.Equal([0xEE, 1, 2, 3, 4, 5, 6, 7, 8, 0xEE], side.Region[15..25].ToArray());
        side.AssertGuardsIntact();
    }

    [Theory, MemberData(nameof(Both))] // R-RESP-24, R-RESP-31: one message, one READ RESPONSE ONLY, empty, at the request's PSN.
    public void TheAnswerIsAnEmptyReadResponse(Opcode opcode)
    {
        var side = new ReceiveSide(E);
        side.Receive(side.Legal(opcode, E));
        var answer = Assert.Single(side.PollAll());
        Assert.Equal((Opcode.RcReadResponseOnly, E, 1u), (answer.Opcode, answer.Psn, answer.Msn));
        Assert.Empty(answer.Payload);
        Assert.InRange(answer.Syndrome!.Value, 0, 0x1F);
        Assert.False(answer.AckRequest || answer.Solicited);
        Assert.Equal(ReceiveSide.PeerNumber, answer.DestinationQueuePair);
        Assert.Equal((0xFFFFFFu, 1u), (side.Expected, side.State.Msn.Value));
        Assert.Equal([AsyncEventType.CommunicationEstablished], Established(opcode));
    }

    [Theory, MemberData(nameof(Both))] // R-RESP-33: answered in PSN order, between what was before and what comes after.
    public void TheAnswerKeepsItsPlace(Opcode opcode)
    {
        var side = new ReceiveSide(10, receives: 2);
        side.Accept(side.Legal(Opcode.RcSendOnly, 10));
        side.Accept(side.Read(11, 0, 300));
        side.Accept(side.Legal(opcode, 13));
        side.Accept(side.Legal(Opcode.RcSendOnly, 14));
        Assert.Equal("FIRST 11, LAST 12, ONLY 13, ACK 14", side.Answers());
    }

    [Theory, MemberData(nameof(Both))] // responder.md section 7: answered again, not executed again.
    public void ADuplicateIsAnsweredAndNotExecuted(Opcode opcode)
    {
        var side = new ReceiveSide(E);
        var request = side.Legal(opcode, E);
        side.Accept(request);
        side.PollAll();
        side.Region.Clear();
        side.Regions.Invalidate(side.Key);
        side.Receive(request with { Payload = [.. request.Payload.Select(b => (byte)~b)] });
        Assert.Equal(DropReason.Duplicate, side.LastDrop);
        Assert.Equal($"ONLY {E}", side.Answers());
        Assert.Equal(-1, side.Region.IndexOfAnyExcept((byte)0));
        Assert.Equal((0xFFFFFFu, 1u), (side.Expected, side.State.Msn.Value));
    }

    [Theory, MemberData(nameof(Both))] // Not found, or of another kind: dropped.
    public void ADuplicateThatIsNotRememberedIsDropped(Opcode opcode)
    {
        var other = opcode == Opcode.RcFlush ? Opcode.RcAtomicWrite : Opcode.RcFlush;
        var side = new ReceiveSide(E, depth: 1);
        side.Accept(side.Legal(other, E));
        side.PollAll();
        side.Receive(side.Legal(opcode, E));
        Assert.Equal((DropReason.Duplicate, ""), (side.LastDrop, side.Answers()));
        side.Accept(side.Legal(opcode, 0xFFFFFF));
        side.PollAll();
        side.Receive(side.Legal(other, E));
        Assert.Equal((DropReason.Duplicate, ""), (side.LastDrop, side.Answers()));
    }

    [Fact] // Check 4: ATOMIC WRITE is counted by max_dest_rd_atomic.
    public void AnAtomicWriteBeyondTheDepthIsRefused()
    {
        foreach (var depth in (int[])[0, 1, 2])
        {
            var side = new ReceiveSide(10, depth);
            for (var i = 0u; i < depth; i++) side.Accept(side.Legal(Opcode.RcAtomicWrite, 10 + i));
            side.Receive(side.Legal(Opcode.RcAtomicWrite, 10 + (uint)depth));
            Assert.Equal(DropReason.QueueFull, side.LastDrop);
            Assert.Equal($"NAK1 {10 + depth}", side.PollAll()[^1].ToString());
        }
    }

    [Fact] // Check 4 does not count FLUSH; R-RESP-16: one for which there is no slot waits as for any buffer.
    public void AFlushBeyondTheSlotsIsPutOff()
    {
        foreach (var depth in (uint[])[0, 1, 4])
        {
            var side = new ReceiveSide(10, (int)depth);
            var slots = Math.Max(depth, 1);
            for (var i = 0u; i < slots; i++) side.Accept(side.Legal(Opcode.RcFlush, 10 + i));
            side.Receive(side.Legal(Opcode.RcFlush, 10 + slots));
            Assert.Equal(DropReason.NoReceiveBuffer, side.LastDrop);
            Assert.Equal([.. Enumerable.Range(10, (int)slots).Select(psn => $"ONLY {psn}"), $"RNR {10 + slots}"],
                side.PollAll().Select(answer => answer.ToString()));
            side.Accept(side.Legal(Opcode.RcFlush, 10 + slots));
            Assert.Equal($"ONLY {10 + slots}", side.Answers());
            Assert.Empty(side.Events);
        }
    }

    [Theory] // Check 4 counts READs, atomics and ATOMIC WRITEs: one for which FLUSHes left no slot waits (R-RESP-16).
    [InlineData(Opcode.RcReadRequest)]
    [InlineData(Opcode.RcFetchAdd)]
    [InlineData(Opcode.RcAtomicWrite)]
    public void ARequestBehindFlushesIsPutOff(Opcode opcode)
    {
        foreach (var (depth, flushes) in ((int, uint)[])[(1, 1), (2, 2), (2, 1), (4, 1)])
        {
            var side = new ReceiveSide(10, depth);
            for (var i = 0u; i < flushes; i++) side.Accept(side.Legal(Opcode.RcFlush, 10 + i));
            for (var i = flushes; i < depth; i++) side.Accept(side.Legal(opcode, 10 + i));
            var next = 10 + (uint)depth;
            side.Receive(side.Legal(opcode, next));
            Assert.Equal(DropReason.NoReceiveBuffer, side.LastDrop);
            Assert.Equal($"RNR {next}", side.PollAll()[^1].ToString());
            side.Accept(side.Legal(opcode, next));
            Assert.Empty(side.Events);
        }
    }

    [Theory] // Check 4 does not count FLUSH: one for which READs left no slot waits as well (R-RESP-16).
    [InlineData(Opcode.RcReadRequest)]
    [InlineData(Opcode.RcFetchAdd)]
    public void AFlushBehindOtherRequestsIsPutOff(Opcode opcode)
    {
        foreach (var depth in (int[])[1, 2, 4])
        {
            var side = new ReceiveSide(10, depth);
            for (var i = 0u; i < depth; i++) side.Accept(side.Legal(opcode, 10 + i));
            var next = 10 + (uint)depth;
            side.Receive(side.Legal(Opcode.RcFlush, next));
            Assert.Equal(DropReason.NoReceiveBuffer, side.LastDrop);
            Assert.Equal($"RNR {next}", side.PollAll()[^1].ToString());
            side.Accept(side.Legal(Opcode.RcFlush, next));
            Assert.Empty(side.Events);
        }
    }

    [Theory] // Check 6: RETH of an ATOMIC WRITE says 8.
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(16)]
    public void AnAtomicWriteOfAnotherLengthIsRefused(uint length)
    {
        var side = new ReceiveSide(10);
        side.Receive(side.Legal(Opcode.RcAtomicWrite, 10) with { Length = length });
        Assert.Equal((DropReason.BadLength, "NAK1 10"), (side.LastDrop, side.Answers()));
        Assert.Equal(-1, side.Region.IndexOfAnyExcept((byte)0));
    }

    [Fact] // Check 9: an aligned offset whose memory is not aligned cannot be stored to in one piece (R-RESP-30).
    public void AnAtomicWriteNeedsAlignedMemoryToo()
    {
        var side = new ReceiveSide(10);
        var key = side.Regions.Add(ReceiveSide.Domain, 0, 64, (nint)side.RegionAddress + 4, Writable);
        side.Receive(side.Legal(Opcode.RcAtomicWrite, 10) with { Address = 8, Key = key });
        Assert.Equal("NAK1 10", side.Answers());
    }

    [Theory] // Check 3, R-WIRE-11: a flag of the queue pair for each bit of the placement, and NAK 1 without it.
    [InlineData(1u, AccessFlags.FlushGlobal)]
    [InlineData(2u, AccessFlags.FlushPersistent)]
    [InlineData(3u, AccessFlags.FlushGlobal | AccessFlags.FlushPersistent)]
    [InlineData(0x11u, AccessFlags.FlushGlobal)]
    public void AFlushNeedsAFlagOfTheQueuePairForEachPlacement(uint feth, AccessFlags needed)
    {
        var allowed = new ReceiveSide(10, access: needed);
        allowed.Accept(allowed.Legal(Opcode.RcFlush, 10) with { Flush = feth });
        foreach (var missing in (AccessFlags[])[AccessFlags.FlushGlobal, AccessFlags.FlushPersistent])
        {
            if ((needed & missing) == 0) continue;
            var side = new ReceiveSide(10, access: ~missing);
            side.Receive(side.Legal(Opcode.RcFlush, 10) with { Flush = feth });
            Assert.Equal((DropReason.MrViolation, "NAK1 10"), (side.LastDrop, side.Answers()));
            Assert.Equal([AsyncEventType.QueuePairRequestError], side.Events);
        }
    }

    [Theory] // R-RESP-10, R-WIRE-11: the same flags of the memory, and NAK 2 without them.
    [InlineData(1u, AccessFlags.FlushGlobal)]
    [InlineData(2u, AccessFlags.FlushPersistent)]
    [InlineData(3u, AccessFlags.FlushGlobal | AccessFlags.FlushPersistent)]
    [InlineData(0x13u, AccessFlags.FlushGlobal | AccessFlags.FlushPersistent)]
    public void AFlushNeedsAFlagOfTheMemoryForEachPlacement(uint feth, AccessFlags needed)
    {
        var allowed = new ReceiveSide(10);
        allowed.Accept(allowed.Legal(Opcode.RcFlush, 10) with { Flush = feth, Key = allowed.AddRegion(ReceiveSide.Domain, needed) });
        foreach (var missing in (AccessFlags[])[AccessFlags.FlushGlobal, AccessFlags.FlushPersistent])
        {
            if ((needed & missing) == 0) continue;
            var side = new ReceiveSide(10);
            var key = side.AddRegion(ReceiveSide.Domain, Writable | (needed & ~missing));
            side.Receive(side.Legal(Opcode.RcFlush, 10) with { Flush = feth, Key = key });
            Assert.Equal("NAK2 10", side.Answers());
            Assert.Equal([AsyncEventType.QueuePairAccessError], side.Events);
        }
    }

    [Theory] // R-WIRE-11: reserved values are not executed.
    [InlineData(0x04u)]
    [InlineData(0x08u)]
    [InlineData(0x21u)]
    [InlineData(0x31u)]
    public void AFlushWithReservedValuesIsRefused(uint feth)
    {
        var side = new ReceiveSide(10);
        side.Receive(side.Legal(Opcode.RcFlush, 10) with { Flush = feth });
        Assert.Equal((DropReason.BadOpcode, "NAK1 10"), (side.LastDrop, side.Answers()));
    }

    [Fact] // R-WIRE-11: the upper 26 bits mean nothing.
    public void TheUnusedBitsOfAFlushAreIgnored()
    {
        var side = new ReceiveSide(10);
        side.Accept(side.Legal(Opcode.RcFlush, 10) with { Flush = 0xFFFFFFC1 });
    }

    [Theory] // R-RESP-11: of a whole region key and rights are checked, no range; of a range also when it is empty.
    [InlineData(0x11u, ulong.MaxValue, 77u, true)]
    [InlineData(0x01u, 0ul, 0u, false)]
    [InlineData(0x01u, 0ul, 8u, false)]
    public void AFlushOfARegionHasNoRange(uint feth, ulong address, uint length, bool isExecuted)
    {
        var side = new ReceiveSide(10);
        side.Receive(side.Legal(Opcode.RcFlush, 10) with { Flush = feth, Address = address, Length = length });
        Assert.Equal(isExecuted ? "ONLY 10" : "NAK2 10", side.Answers());
        var bad = new ReceiveSide(10);
        bad.Receive(bad.Legal(Opcode.RcFlush, 10) with { Flush = feth, Key = bad.Key ^ 1 });
        Assert.Equal("NAK2 10", bad.Answers());
    }

    [Fact] // A range of no bytes inside the region is legal.
    public void AnEmptyFlushIsExecuted()
    {
        var side = new ReceiveSide(10);
        side.Accept(side.Legal(Opcode.RcFlush, 10) with { Address = side.RegionAddress + ReceiveSide.RegionLength, Length = 0 });
        Assert.Equal("ONLY 10", side.Answers());
    }

    [Fact] // R-RESP-30: with a reader on another processor, no torn value is ever seen.
    public async Task AnAtomicWriteIsSeenWhole()
    {
        var words = GC.AllocateArray<ulong>(4, pinned: true);
        var side = new ReceiveSide(0);
        var key = side.RegisterAlien(words);
        var done = false;
        var torn = 0UL;
        var reader = Task.Run(() =>
        {
            while (!Volatile.Read(ref done))
            {
                var value = Volatile.Read(ref words[1]);
                if (value % 0x0101010101010101 != 0) torn = value;
            }
        });
        for (uint i = 0; i < 50_000; i++)
        {
            side.Receive(side.Legal(Opcode.RcAtomicWrite, i) with { Address = 8, Key = key, Payload = [.. Enumerable.Repeat((byte)i, 8)] });
            side.Poll();
        }

        Volatile.Write(ref done, true);
        await reader;
        Assert.Equal(0UL, torn);
        Assert.Equal([0ul, 0x4F4F4F4F4F4F4F4F, 0, 0], words);
    }

    // R-RESP-48: they count as the first valid packet too.
    private static List<AsyncEventType> Established(Opcode opcode)
    {
        var side = new ReceiveSide(E, state: QueuePairState.ReadyToReceive);
        side.Accept(side.Legal(opcode, E));
        return side.Events;
    }
}

using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>Checks 7 and 11: keys of the peer (responder.md section 5) and of the receive work request.</summary>
public sealed class MemoryKeyTests
{
    private const uint E = 50;
    private const AccessFlags All = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic
        | AccessFlags.FlushGlobal | AccessFlags.FlushPersistent;

    private static readonly Opcode[] Operations =
    [
        Opcode.RcWriteOnly, Opcode.RcWriteFirst, Opcode.RcReadRequest, Opcode.RcFetchAdd, Opcode.RcCompareSwap, Opcode.RcAtomicWrite,
        Opcode.RcFlush,
    ];

    [Fact] // R-RESP-10: key found and equal in all 32 bits.
    public void AWrongKeyIsRefused() => EachOperation(
        (_, request) => request with { Key = request.Key ^ 1 },
        (_, request) => request with { Key = 0 },
        (_, request) => request with { Key = 0xFFFFFFFF });

    [Fact] // R-RESP-10: state valid.
    public void ADeregisteredKeyIsRefused() => EachOperation((side, request) =>
    {
        side.Regions.Invalidate(side.Key);
        return request;
    });

    [Fact] // R-RESP-10: protection domain.
    public void AKeyOfAnotherDomainIsRefused() => EachOperation((side, request) => request with
    {
        Key = side.AddRegion(ReceiveSide.Domain + 1, All),
    });

    [Fact] // R-RESP-10: the access flag of the region for the operation.
    public void ARegionWithoutTheRightIsRefused() => EachOperation((side, request) => request with
    {
        Key = side.AddRegion(ReceiveSide.Domain, request.Opcode switch
        {
            Opcode.RcWriteOnly or Opcode.RcWriteFirst or Opcode.RcAtomicWrite => All & ~AccessFlags.RemoteWrite,
            Opcode.RcFlush => All & ~AccessFlags.FlushGlobal,
            Opcode.RcReadRequest => All & ~AccessFlags.RemoteRead,
            _ => All & ~AccessFlags.RemoteAtomic,
        }),
    });

    [Fact] // R-RESP-10: range, at both ends and where a sum would overflow.
    public void ARangeOutsideTheRegionIsRefused() => EachOperation(
        (side, request) => request with { Address = side.RegionAddress - 8 },
        (side, request) => request with { Address = side.RegionAddress + ReceiveSide.RegionLength },
        (side, request) => request with { Address = side.RegionAddress + ReceiveSide.RegionLength - 7 },
        (_, request) => request with { Address = ulong.MaxValue - 7 },
        (_, request) => request with { Address = 0 });

    [Fact] // R-RESP-10: the whole DMALen is checked with the first packet, not only its payload.
    public void TheWholeLengthOfAWriteIsCheckedAtOnce()
    {
        var side = new ReceiveSide(E);
        side.Receive(side.Legal(Opcode.RcWriteFirst, E) with { Length = ReceiveSide.RegionLength + 1 });
        Assert.Equal("NAK2 50", side.Answers());
        Assert.Equal(-1, side.Region.IndexOfAnyExcept((byte)0));
    }

    [Fact] // A range that ends exactly at the region's end is inside.
    public void TheLastByteOfARegionIsInside()
    {
        var side = new ReceiveSide(E);
        var end = side.RegionAddress + ReceiveSide.RegionLength;
        side.Accept(new Request(Opcode.RcWriteOnly, E) { Address = end - 3, Key = side.Key, Length = 3, Payload = [1, 2, 3] });
        Assert.Equal([1, 2, 3], side.Region[^3..].ToArray());
        side.Accept(side.Read(E + 1, ReceiveSide.RegionLength - 3, 3));
        Assert.Equal([1, 2, 3], Assert.Single(side.PollAll()).Payload);
        side.AssertGuardsIntact();
    }

    [Theory] // R-RESP-11: DMALen 0: address and key may hold anything.
    [InlineData(Opcode.RcWriteOnly, "ACK 50")]
    [InlineData(Opcode.RcReadRequest, "ONLY 50")]
    public void ALengthOfZeroNeedsNoKey(Opcode opcode, string answer)
    {
        var side = new ReceiveSide(E);
        side.Accept(new Request(opcode, E) { Address = ulong.MaxValue, Key = 0xDEADBEEF, Length = 0 });
        Assert.Equal(answer, side.Answers());
    }

    [Fact] // R-RESP-12: the address of a zero-based region is an offset.
    public void AZeroBasedRegionCountsFromZero()
    {
        var side = new ReceiveSide(E);
        var key = side.Regions.Add(ReceiveSide.Domain, 0, ReceiveSide.RegionLength, (nint)side.RegionAddress,
            AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.ZeroBased);
        side.Accept(new Request(Opcode.RcWriteOnly, E) { Address = 5, Key = key, Length = 2, Payload = [7, 8] });
        Assert.Equal([0, 7, 8, 0], side.Region[4..8].ToArray());
    }

    [Fact] // Check 9: an aligned offset into a zero-based region whose memory is not aligned cannot be operated on atomically.
    public void AnAtomicNeedsAlignedMemoryToo()
    {
        var side = new ReceiveSide(E);
        var key = side.Regions.Add(ReceiveSide.Domain, 0, 64, (nint)side.RegionAddress + 4, All);
        side.Receive(new Request(Opcode.RcFetchAdd, E) { Address = 8, Key = key });
        Assert.Equal("NAK1 50", side.Answers());
    }

    [Fact] // Check 7, "again validity on later packets": a key that is gone in the middle of a WRITE.
    public void AKeyMayDisappearDuringAWrite()
    {
        var side = new ReceiveSide(E);
        side.Accept(side.Legal(Opcode.RcWriteFirst, E));
        side.Regions.Invalidate(side.Key);
        var before = side.Region.ToArray();
        side.Receive(side.Legal(Opcode.RcWriteLast, E + 1));
        Assert.Equal(DropReason.MrViolation, side.LastDrop);
        Assert.Equal("NAK2 51", side.Answers());
        Assert.Equal([AsyncEventType.QueuePairAccessError], side.Events);
        Assert.Equal(before, side.Region.ToArray());
    }

    [Fact] // R-RESP-14: a key that is gone in the middle of a READ: NAK 2 at the PSN that cannot be answered.
    public void AKeyMayDisappearDuringARead()
    {
        var side = new ReceiveSide(E, receives: 2);
        side.Accept(side.Read(E, 0, 1000));
        side.Accept(side.Legal(Opcode.RcSendOnly, E + 4));
        Assert.Equal("FIRST 50", side.Poll()!.ToString());
        side.Regions.Invalidate(side.Key);
        Assert.Equal("NAK2 51", side.Answers());
        Assert.Equal(QueuePairState.Error, side.Context.State);
        Assert.Equal([AsyncEventType.QueuePairAccessError], side.Events);
    }

    [Fact] // R-RESP-14, R-RESP-18: only a replay is given up in silence, not the next READ that uses its slot.
    public void AKeyThatDisappearsAfterAReplayIsToldToTheNextRead()
    {
        var side = new ReceiveSide(E, depth: 1);
        side.Accept(side.Read(E, 0, 8));
        side.PollAll();
        side.Receive(side.Read(E, 0, 8));
        Assert.Equal("ONLY 50", side.Answers());
        side.Accept(side.Read(E + 1, 0, 8));
        side.Regions.Invalidate(side.Key);
        Assert.Equal("NAK2 51", side.Answers());
    }

    [Theory] // Check 11.
    [InlineData("key")]
    [InlineData("range")]
    [InlineData("access")]
    [InlineData("domain")]
    public void AReceiveEntryIsCheckedBeforeItIsWritten(string fault)
    {
        var side = new ReceiveSide(E);
        var good = new ScatterGatherEntry(side.SinkAddress, 100, side.SinkKey);
        side.PostReceive(3, fault switch
        {
            "key" => good with { LocalKey = good.LocalKey ^ 1 },
            "range" => good with { Address = side.SinkAddress + ReceiveSide.RegionLength - 99 },
            "access" => good with { Address = side.RegionAddress, LocalKey = side.AddRegion(ReceiveSide.Domain, AccessFlags.None) },
            _ => good with { Address = side.RegionAddress, LocalKey = side.AddRegion(ReceiveSide.Domain + 1, AccessFlags.LocalWrite) },
        });
        side.Receive(side.Legal(Opcode.RcSendOnly, E));
        Assert.Equal("NAK3 50", side.Answers());
        Assert.Equal(WorkCompletionStatus.LocalProtectionError, Assert.Single(side.Completions()).Status);
        Assert.Empty(side.Events);
        Assert.Equal(-1, side.Region.IndexOfAnyExcept((byte)0));
        side.AssertGuardsIntact();
    }

    [Fact] // An entry that a short message does not reach is not looked at, nor is any for an empty message.
    public void AnEntryThatIsNotReachedIsNotChecked()
    {
        var side = new ReceiveSide(E);
        var bad = new ScatterGatherEntry(1, 100, 0xBAD);
        side.PostReceive(1, new ScatterGatherEntry(side.SinkAddress, 100, side.SinkKey), bad);
        side.PostReceive(2, bad);
        side.Accept(side.Legal(Opcode.RcSendOnly, E));
        side.Accept(new Request(Opcode.RcSendOnly, E + 1));
        Assert.All(side.Completions(), c => Assert.Equal(WorkCompletionStatus.Success, c.Status));
    }

    private static void EachOperation(params Func<ReceiveSide, Request, Request>[] faults)
    {
        foreach (var opcode in Operations)
        {
            foreach (var fault in faults)
            {
                var side = new ReceiveSide(E);
                side.Receive(fault(side, side.Legal(opcode, E)));
                Assert.Equal(DropReason.MrViolation, side.LastDrop);
                Assert.Equal("NAK2 50", side.Answers());
                Assert.Equal([AsyncEventType.QueuePairAccessError], side.Events);
                Assert.Equal(QueuePairState.Error, side.Context.State);
                Assert.Equal(-1, side.Region.IndexOfAnyExcept((byte)0));
                side.AssertGuardsIntact();
            }
        }
    }
}

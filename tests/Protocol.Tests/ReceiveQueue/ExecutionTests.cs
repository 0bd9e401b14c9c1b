using System.Buffers.Binary;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>responder.md sections 8 and 11.</summary>
public sealed class ExecutionTests
{
    private const uint E = 0xFFFFFE;

    [Fact] // Requests are counted by kind, once for each message and not for what is refused.
    public void RequestsAreCountedByKind()
    {
        var side = new ReceiveSide(0, receives: 2);
        side.Accept(side.Legal(Opcode.RcWriteFirst, 0));
        side.Accept(side.Legal(Opcode.RcWriteLast, 1));
        side.Accept(side.Legal(Opcode.RcSendOnly, 2));
        side.Accept(side.Read(3, 0, 8));
        side.Accept(side.Legal(Opcode.RcFetchAdd, 4));
        side.Accept(side.Legal(Opcode.RcCompareSwap, 5));
        side.Receive(side.Legal(Opcode.RcSendLast, 6));
        var counters = side.Scope.Counters;
        Assert.Equal((1, 1, 2, 1), (counters.WriteRequests, counters.ReadRequests, counters.AtomicRequests, counters.RdmaReceives));
    }

    [Fact] // R-RESP-22: one receive for each message, data in the order of the entries, completed by LAST. The PSN wraps on the way.
    public void ASendIsScatteredInEntryOrder()
    {
        var side = new ReceiveSide(E);
        side.PostReceive(7,
            new ScatterGatherEntry(side.SinkAddress + 1000, 100, side.SinkKey),
            new ScatterGatherEntry(0, 0, 0xBAD),
            new ScatterGatherEntry(side.SinkAddress + 10, 300, side.SinkKey),
            new ScatterGatherEntry(side.SinkAddress + 2000, 400, side.SinkKey));
        var data = ReceiveSide.Pattern(700);
        side.Accept(new Request(Opcode.RcSendFirst, E) { Payload = data[..256], AckRequest = false });
        side.Accept(new Request(Opcode.RcSendMiddle, 0xFFFFFF) { Payload = data[256..512], AckRequest = false });
        Assert.Empty(side.Completions());
        Assert.Equal(0u, side.State.Msn.Value);
        side.Accept(new Request(Opcode.RcSendLast, 0) { Payload = data[512..] });
        Assert.Equal(data[..100], side.Sink[1000..1100].ToArray());
        Assert.Equal(data[100..400], side.Sink[10..310].ToArray());
        Assert.Equal(data[400..], side.Sink[2000..2300].ToArray());
        var completion = Assert.Single(side.Completions());
        Assert.Equal((7ul, 700u, WorkCompletionOpcode.Receive), (completion.WorkRequestId, completion.ByteLength, completion.Opcode));
        Assert.Equal("ACK 0", side.Answers());
        Assert.Equal(1u, side.State.Msn.Value);
        side.AssertGuardsIntact();
    }

    [Theory] // R-RESP-22 at every boundary of packets and entries.
    [InlineData(0)] [InlineData(1)] [InlineData(255)] [InlineData(256)] [InlineData(257)]
    [InlineData(511)] [InlineData(512)] [InlineData(513)]
    public void ASendOfAnyLengthArrivesWhole(int length)
    {
        foreach (var split in (int[])[1, 255, 256, 257, 512])
        {
            var side = new ReceiveSide(E);
            side.PostReceive(1,
                new ScatterGatherEntry(side.SinkAddress, (uint)split, side.SinkKey),
                new ScatterGatherEntry(side.SinkAddress + 600, 600, side.SinkKey));
            var data = ReceiveSide.Pattern(length);
            Send(side, data);
            var first = Math.Min(split, length);
            Assert.Equal(data[..first], side.Sink[..first].ToArray());
            Assert.Equal(data[first..], side.Sink.Slice(600, length - first).ToArray());
            Assert.Equal((uint)length, Assert.Single(side.Completions()).ByteLength);
            side.AssertGuardsIntact();
        }
    }

    [Fact] // R-RESP-23: data directly into the region, no receive used; R-RESP-24: one message.
    public void AWriteGoesToItsAddress()
    {
        var side = new ReceiveSide(E, receives: 1);
        var data = ReceiveSide.Pattern(600);
        side.Accept(side.Legal(Opcode.RcWriteFirst, E) with { Address = side.RegionAddress + 33, Length = 600, Payload = data[..256] });
        side.Accept(new Request(Opcode.RcWriteMiddle, E + 1) { Payload = data[256..512] });
        side.Accept(new Request(Opcode.RcWriteLast, 0) { Payload = data[512..] });
        Assert.Equal(data, side.Region.Slice(33, 600).ToArray());
        Assert.Equal(0, side.Region[32] | side.Region[633]);
        Assert.Empty(side.Completions());
        Assert.Equal((1u, 1), (side.State.Msn.Value, side.Context.ReceiveRing.PostedCount));
    }

    [Fact] // R-RESP-23: the immediate uses a receive but not its entries, and reports the DMALen.
    public void AWriteWithImmediateUsesAReceiveButNotItsEntries()
    {
        var side = new ReceiveSide(E, receives: 1);
        side.Accept(side.Legal(Opcode.RcWriteOnlyImmediate, E) with { Immediate = 0x11223344, Solicited = true });
        var completion = Assert.Single(side.Completions());
        Assert.Equal(WorkCompletionOpcode.ReceiveRdmaWithImmediate, completion.Opcode);
        Assert.Equal((100u, 0x11223344u), (completion.ByteLength, completion.Immediate));
        Assert.Equal(WorkCompletionFlags.WithImmediate, completion.Flags);
        Assert.Equal(-1, side.Sink.IndexOfAnyExcept((byte)0));
        Assert.Equal(ReceiveSide.Pattern(100, (int)E), side.Region[..100].ToArray());
    }

    [Theory] // responder.md section 11.
    [InlineData(Opcode.RcSendOnly, WorkCompletionFlags.None)]
    [InlineData(Opcode.RcSendOnlyImmediate, WorkCompletionFlags.WithImmediate)]
    [InlineData(Opcode.RcSendOnlyInvalidate, WorkCompletionFlags.WithInvalidate)]
    public void TheCompletionOfASendSaysWhatCame(Opcode opcode, WorkCompletionFlags flags)
    {
        var side = new ReceiveSide(E, receives: 1);
        side.Accept(side.Legal(opcode, E) with { Immediate = 0xA1B2C3D4 });
        var completion = Assert.Single(side.Completions());
        Assert.Equal((1ul, WorkCompletionStatus.Success), (completion.WorkRequestId, completion.Status));
        Assert.Equal(WorkCompletionOpcode.Receive, completion.Opcode);
        Assert.Equal((100u, flags), (completion.ByteLength, completion.Flags));
        Assert.Equal((ReceiveSide.Number, ReceiveSide.PeerNumber), (completion.QueuePairNumber, completion.SourceQueuePair));
        Assert.Equal(flags == WorkCompletionFlags.WithImmediate ? 0xA1B2C3D4 : 0, completion.Immediate);
        Assert.Equal(flags == WorkCompletionFlags.WithInvalidate ? side.DisposableKey : 0, completion.InvalidatedKey);
        Assert.Equal(1, side.Scope.Counters.RdmaReceives);
    }

    [Fact] // R-CQ-5: SE of the last packet, and every error.
    public void SolicitedIsTheLastPacketsBit()
    {
        Assert.Equal([false, false, true, true], (bool[])
        [
            Fires((side, psn) => side.Accept(side.Legal(Opcode.RcSendOnly, psn))),
            Fires((side, psn) =>
            {
                side.Accept(side.Legal(Opcode.RcSendFirst, psn) with { Solicited = true });
                side.Accept(side.Legal(Opcode.RcSendLast, psn + 1));
            }),
            Fires((side, psn) => side.Accept(side.Legal(Opcode.RcSendOnly, psn) with { Solicited = true })),
            Fires((side, psn) => side.Receive(side.Legal(Opcode.RcSendOnly, psn) with { PadCount = 3 })),
        ]);

        static bool Fires(Action<ReceiveSide, uint> act)
        {
            var side = new ReceiveSide(10, receives: 1);
            var channel = side.Device.CreateCompletionChannel();
            var queue = side.Device.CreateCompletionQueue(8, channel);
            var other = new ReceiveSide(10, receives: 1, queue: queue);
            queue.RequestNotification(NotificationKind.Solicited);
            act(other, 10);
            return channel.TryGetEvent(out _);
        }
    }

    [Fact] // R-RESP-25: swap when equal, and only then; the old value comes back either way.
    public void CompareSwapSwapsWhenEqual()
    {
        var side = new ReceiveSide(E);
        Set(side, 16, 0x1122334455667788);
        var request = side.Legal(Opcode.RcCompareSwap, E) with { Address = side.RegionAddress + 16, SwapOrAdd = ulong.MaxValue };
        side.Accept(request with { Compare = 1 });
        Assert.Equal(0x1122334455667788ul, Get(side, 16));
        side.Accept(request with { Psn = E + 1, Compare = 0x1122334455667788 });
        Assert.Equal(ulong.MaxValue, Get(side, 16));
        Assert.Equal([0x1122334455667788ul, 0x1122334455667788ul], side.PollAll().Select(a => a.Original));
        Assert.Equal(2u, side.State.Msn.Value);
    }

    [Fact] // R-RESP-25: modulo 2^64.
    public void FetchAddWraps()
    {
        var side = new ReceiveSide(E);
        Set(side, 0, ulong.MaxValue - 1);
        side.Accept(new Request(Opcode.RcFetchAdd, E) { Address = side.RegionAddress, Key = side.Key, SwapOrAdd = 5 });
        Assert.Equal(3ul, Get(side, 0));
        Assert.Equal(ulong.MaxValue - 1, Assert.Single(side.PollAll()).Original);
    }

    [Fact] // R-RESP-25: serialised with the atomics of every other queue pair, whose shards are other threads.
    public void AtomicsOfSeveralThreadsAreSerialised()
    {
        var target = GC.AllocateArray<ulong>(1, pinned: true);
        const int Rounds = 20_000;
        Parallel.For(0, 4, _ =>
        {
            var side = new ReceiveSide(0);
            var key = side.RegisterAlien(target);
            var add = new Request(Opcode.RcFetchAdd, 0) { Address = 0, Key = key, SwapOrAdd = 3 };
            for (uint psn = 0; psn < Rounds; psn++)
            {
                side.Accept(add with { Psn = psn });
                side.Poll();
            }
        });
        Assert.Equal(4ul * Rounds * 3, target[0]);
    }

    [Fact] // R-RESP-27: after the data are placed the key is gone; the completion names it.
    public void SendWithInvalidateTakesTheKeyBack()
    {
        var side = new ReceiveSide(E, receives: 2);
        side.Accept(side.Legal(Opcode.RcSendFirst, E));
        Assert.Equal(MemoryKeyFault.None, Resolve(side));
        side.Accept(side.Legal(Opcode.RcSendLastInvalidate, E + 1));
        Assert.Equal(MemoryKeyFault.BadKey, Resolve(side));
        Assert.Equal(side.DisposableKey, Assert.Single(side.Completions()).InvalidatedKey);
    }

    [Theory] // R-RESP-27: the message was executed and is acknowledged, but its receive fails and nothing is answered afterwards.
    [InlineData("ordinary")]
    [InlineData("unknown")]
    [InlineData("twice")]
    public void AKeyThatCannotBeInvalidatedFailsTheReceive(string kind)
    {
        var side = new ReceiveSide(E, receives: 3);
        if (kind == "twice") side.Regions.TryInvalidate(side.DisposableKey, ReceiveSide.Domain);
        var key = kind switch { "ordinary" => side.Key, "unknown" => 0xDEADu, _ => side.DisposableKey };
        side.Receive(side.Legal(Opcode.RcSendOnlyInvalidate, E) with { InvalidateKey = key });
        const WorkCompletionStatus Flushed = WorkCompletionStatus.WorkRequestFlushedError;
        Assert.Equal([WorkCompletionStatus.RemoteInvalidRequestError, Flushed, Flushed], side.Completions().Select(c => c.Status));
        Assert.Equal(QueuePairState.Error, side.Context.State);
        Assert.Empty(side.Events);
        Assert.Equal($"ACK {E}", side.Answers());
        side.Receive(side.Legal(Opcode.RcSendOnly, E + 1));
        Assert.Equal("", side.Answers());
    }

    [Fact] // R-RESP-28, R-CQ-23: when the completion is visible so are the bytes, and the state says that the message was executed.
    public void TheCompletionComesAfterDataAndState()
    {
        var side = new ReceiveSide(E, receives: 1);
        side.Accept(side.Legal(Opcode.RcWriteOnly, E));
        Assert.Empty(side.Completions());
        side.Accept(side.Legal(Opcode.RcSendOnly, E + 1));
        Assert.Single(side.Completions());
        Assert.Equal((0u, 2u), (side.Expected, side.State.Msn.Value));
        Assert.Equal(ReceiveSide.Pattern(100, (int)E), side.Region[..100].ToArray());
        Assert.Equal(ReceiveSide.Pattern(100, (int)E + 1), side.Sink[..100].ToArray());
    }

    private static void Send(ReceiveSide side, byte[] data)
    {
        var psn = side.Expected;
        for (var offset = 0; ; offset += ReceiveSide.Mtu)
        {
            var last = data.Length - offset <= ReceiveSide.Mtu;
            var opcode = (offset == 0, last) switch
            {
                (true, true) => Opcode.RcSendOnly,
                (true, false) => Opcode.RcSendFirst,
                (false, true) => Opcode.RcSendLast,
                _ => Opcode.RcSendMiddle,
            };
            side.Accept(new Request(opcode, psn) { Payload = data[offset..Math.Min(data.Length, offset + ReceiveSide.Mtu)] });
            if (last) return;
            psn = (psn + 1) & 0xFFFFFF;
        }
    }

    private static MemoryKeyFault Resolve(ReceiveSide side) =>
        side.Regions.TryResolve(side.DisposableKey, true, ReceiveSide.Domain, side.SinkAddress, 8, AccessFlags.RemoteRead, out _);

    private static void Set(ReceiveSide side, int offset, ulong value)
    {
        if (BitConverter.IsLittleEndian) BinaryPrimitives.WriteUInt64LittleEndian(side.Region[offset..], value);
        else BinaryPrimitives.WriteUInt64BigEndian(side.Region[offset..], value);
    }

    private static ulong Get(ReceiveSide side, int offset) => BitConverter.ToUInt64(side.Region[offset..]);
}

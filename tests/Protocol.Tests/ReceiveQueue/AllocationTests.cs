using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>The data path allocates nothing.</summary>
public sealed class AllocationTests
{
    private readonly byte[] _header = new byte[PacketWriter.MaxHeaderLength];
    private readonly PayloadReference[] _segments = new PayloadReference[1];
    private readonly WorkCompletion[] _completions = new WorkCompletion[8];

    [Fact]
    public void NoPacketAllocates()
    {
        var side = new ReceiveSide(0);
        // One round uses 15 PSNs: every operation, a duplicate of each kind, a gap, an RNR NAK.
        Request[] round =
        [
            side.Legal(Opcode.RcSendFirst, 0), side.Legal(Opcode.RcSendLastImmediate, 1),
            side.Legal(Opcode.RcWriteFirst, 2) with { Length = 612 }, side.Legal(Opcode.RcWriteMiddle, 3),
            side.Legal(Opcode.RcWriteLast, 4),
            side.Legal(Opcode.RcWriteOnlyImmediate, 5), side.Read(6, 0, 700),
            side.Legal(Opcode.RcFetchAdd, 9), side.Legal(Opcode.RcCompareSwap, 10),
            side.Read(6, 0, 700), side.Legal(Opcode.RcFetchAdd, 9), side.Legal(Opcode.RcSendOnly, 0),
            side.Legal(Opcode.RcSendOnly, 12), side.Legal(Opcode.RcSendOnly, 11), side.Legal(Opcode.RcSendOnly, 12),
            side.Legal(Opcode.RcAtomicWrite, 13), side.Legal(Opcode.RcFlush, 14),
            side.Legal(Opcode.RcAtomicWrite, 13), side.Legal(Opcode.RcFlush, 14),
        ];
        var packets = round.Select(request => request.ToBytes()).ToArray();
        var rounds = 0u;
        for (; rounds < 200; rounds++) Round(side, packets, rounds);
        Assert.Equal(0, Allocated.InOneOf(5, () =>
        {
            for (var end = rounds + 1000; rounds < end; rounds++) Round(side, packets, rounds);
        }));
        Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
        Assert.Equal(rounds * 15, side.Expected);
    }

    private void Round(ReceiveSide side, byte[][] packets, uint round)
    {
        for (var i = 0; i < packets.Length; i++)
        {
            if (i is 0 or 5 or 14) PostOne(side);
            // Without a receive this one is put off, and comes again.
            if (i == 13)
            {
                Receive(side, packets[i], round);
                PostOne(side);
            }

            Receive(side, packets[i], round);
            if (i % 4 == 3) Drain(side);
        }

        Drain(side);
        while (side.Cq.Count != 0) side.Cq.Poll(_completions);
    }

    private static void PostOne(ReceiveSide side)
    {
        Assert.True(side.Context.ReceiveRing.TryReserve(out var index));
        ref var slot = ref side.Context.ReceiveRing.Slot(index);
        (slot.EntryCount, slot.Length) = (1, 512);
        side.Context.ReceiveRing.Entries(index)[0] = new ScatterGatherEntry(side.SinkAddress, 512, side.SinkKey);
        side.Context.ReceiveRing.Publish(index);
    }

    private static void Receive(ReceiveSide side, byte[] packet, uint round)
    {
        // The PSN of the packet is that of its round: 15 PSNs each.
        var own = packet[11] % 15u;
        var psn = ((round * 15) + own) & 0xFFFFFF;
        (packet[9], packet[10], packet[11]) = ((byte)(psn >> 16), (byte)(psn >> 8), (byte)psn);
        PacketView.TryParse(packet, out var view);
        side.Responder.Receive(view, out _);
        (packet[9], packet[10], packet[11]) = (0, 0, (byte)own);
    }

    private void Drain(ReceiveSide side)
    {
        var writer = new PacketWriter(_header, _segments);
        while (side.Acks.Poll(ref writer)) writer = new PacketWriter(_header, _segments);
    }
}

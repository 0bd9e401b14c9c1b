using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.SendQueue;

/// <summary>The data path allocates nothing.</summary>
public sealed class SendAllocationTests
{
    [Fact]
    public void NoPacketAndNoWorkRequestAllocates()
    {
        var side = new SendSide(depth: 8);
        var buffers = (Header: new byte[PacketWriter.MaxHeaderLength], Segments: new PayloadReference[32], Polled: new WorkCompletion[16],
            Ack: SendSide.Response(Opcode.RcAcknowledge, 0, [], Aeth.Ack(0x1F, 0)),
            Read: SendSide.Response(Opcode.RcReadResponseOnly, 0, new byte[200], Aeth.Ack(0x1F, 0)),
            Atomic: SendSide.Response(Opcode.RcAtomicAcknowledge, 0, [], Aeth.Ack(0x1F, 0), 7),
            Empty: SendSide.Response(Opcode.RcReadResponseOnly, 0, [], Aeth.Ack(0x1F, 0)));
        var psn = 100u;
        for (var i = 0; i < 200; i++) psn = Round(side, buffers, psn);
        Assert.Equal(0, Allocated.InOneOf(5, () =>
        {
            for (var i = 0; i < 200; i++) psn = Round(side, buffers, psn);
        }));
        Assert.Equal(QueuePairState.ReadyToSend, side.Context.State);
    }

    // A WRITE of three packets, lost once; a READ; an atomic; an ATOMIC WRITE; a FLUSH.
    private static uint Round(SendSide side,
        (byte[] Header, PayloadReference[] Segments, WorkCompletion[] Polled, byte[] Ack, byte[] Read, byte[] Atomic, byte[] Empty) buffers,
        uint psn)
    {
        Post(side, SendOpcode.RdmaWrite, side.Source(0, 600));
        Post(side, SendOpcode.RdmaRead, side.SinkEntry(0, 200));
        Post(side, SendOpcode.FetchAndAdd, side.SinkEntry(0, 8));
        Post(side, SendOpcode.AtomicWrite, side.Source(0, 8));
        Post(side, SendOpcode.Flush, side.Source(0, 0));
        Drain(side, buffers.Header, buffers.Segments);
        side.Now = side.Machine.NextDeadline;
        side.Machine.HandleDeadline(side.Now);
        Drain(side, buffers.Header, buffers.Segments);
        Receive(side, buffers.Ack, psn + 2);
        Receive(side, buffers.Read, psn + 3);
        Receive(side, buffers.Atomic, psn + 4);
        Receive(side, buffers.Empty, psn + 5);
        Receive(side, buffers.Empty, psn + 6);
        // Not by an assertion, which would allocate.
        return side.Cq.Poll(buffers.Polled) == 5
            ? (psn + 7) & 0xFFFFFF
            : throw new InvalidOperationException("Five completions are expected.");
    }

    private static void Post(SendSide side, SendOpcode opcode, ScatterGatherEntry entry)
    {
        side.Context.SendRing.TryReserve(out var index);
        side.Context.SendRing.Entries(index)[0] = entry;
        side.Context.SendRing.Slot(index) = new SendWqe { Opcode = opcode, EntryCount = 1, Length = entry.Length };
        side.Context.SendRing.Publish(index);
    }

    private static void Drain(SendSide side, byte[] header, PayloadReference[] segments)
    {
        var writer = new PacketWriter(header, segments);
        while (side.Machine.PollRequest(ref writer, side.Now))
        {
        }
    }

    private static void Receive(SendSide side, byte[] bytes, uint psn)
    {
        (bytes[9], bytes[10], bytes[11]) = ((byte)(psn >> 16), (byte)(psn >> 8), (byte)psn);
        PacketView.TryParse(bytes, out var view);
        side.Machine.ReceiveResponse(view, side.Now, out _);
    }
}

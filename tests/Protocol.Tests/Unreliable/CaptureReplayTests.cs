using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Tests.Captures;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing.Captures;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Unreliable;

/// <summary>What a real Soft-RoCE sent is delivered, message for message.</summary>
public sealed class CaptureReplayTests
{
    private const int Room = 16 * 1024;

    [Theory] // R-RESP-22, R-RESP-43: each message is the concatenation of its packets.
    [InlineData("uc-send.pcap", 18)]
    [InlineData("uc-send-imm.pcap", 8)]
    [InlineData("uc-loss.pcap", 4)]
    [InlineData("pingpong-uc.pcap", 24)]
    public void EverySendIsDelivered(string file, int messages) => Assert.Equal(messages, Flows(file).Sum(flow => Replay(flow, -1)));

    [Theory] // R-RESP-23.
    [InlineData("uc-write.pcap", 0)]
    [InlineData("uc-write-imm.pcap", 18)]
    public void EveryWriteIsPlaced(string file, int immediates) => Assert.Equal(immediates, Flows(file).Sum(flow => Replay(flow, -1)));

    [Fact] // R-RESP-43: one packet less is one message less; unlike Soft-RoCE the one behind it is delivered (R-RESP-6).
    public void ALostPacketCostsItsMessageOnly() =>
        Assert.Equal(3, Flows("uc-loss.pcap").Sum(f => Replay(f, f.FindIndex(p => (Opcode)p.Transport[0] == Opcode.UcSendMiddle))));

    [Theory] // R-RESP-37, R-WIRE-29.
    [InlineData("ud-send.pcap", 12, 1)]
    [InlineData("pingpong-ud.pcap", 24, 0)]
    [InlineData("perftest-send-ud.pcap", 8, 0)]
    [InlineData("udaddy.pcap", 10, 0)]
    [InlineData("mckey.pcap", 6, 0)]
    public void EveryDatagramIsDelivered(string file, int delivered, int refused)
    {
        var (good, bad) = (0, 0);
        foreach (var flow in Flows(file))
        {
            var number = flow[0].QueuePair;
            var side = new UnreliableSide(number == 1 ? QueuePairType.Gsi : QueuePairType.UnreliableDatagram, number);
            var key = View(flow[0]).Deth.QueueKey;
            side.Machine.Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend, Qkey = key }, default);
            foreach (var packet in flow)
            {
                var drop = side.Machine.Admit(View(packet), default, default);
                if (drop == DropReason.None) Deliver(side, packet);
                else Assert.Equal(DropReason.BadQkey, drop);
                (good, bad) = drop == DropReason.None ? (good + 1, bad) : (good, bad + 1);
            }
        }

        Assert.Equal((delivered, refused), (good, bad));
    }

    private static void Deliver(UnreliableSide side, Packet packet)
    {
        var header = new byte[RouteHeader.Length];
        Assert.True(RouteHeader.Read(packet.Frame, EthernetFrame.Locate(packet.Frame), header));
        side.PostReceive(1, Room);
        Assert.Equal(DropReason.None, side.Receive(packet.Transport, header));
        var completion = Assert.Single(UnreliableSide.Take(side.ReceiveCq));
        var payload = View(packet).Payload;
        Assert.Equal((40u + (uint)payload.Length, View(packet).Deth.SourceQueuePair), (completion.ByteLength, completion.SourceQueuePair));
        Assert.True(payload.SequenceEqual(side.Sink.Slice(40, payload.Length)));
        Assert.Equal(-1, side.Sink[..20].IndexOfAnyExcept((byte)0));
        Assert.True(packet.Frame.AsSpan(14, 20).SequenceEqual(side.Sink[20..40]));
        Assert.True(GlobalRouteHeader.TryRead(side.Sink[..40], out var route));
        Assert.Equal(BinaryPrimitives.ReadUInt32BigEndian(packet.Frame.AsSpan(26)), (uint)route.Source.Value);
        Assert.True(route.Source.IsIPv4Mapped);
    }

    // Returns the receives that completed; each must hold what its packets carried.
    private static int Replay(List<Packet> flow, int without)
    {
        var side = new UnreliableSide(number: flow[0].QueuePair, expected: View(flow[0]).Psn.Value, mtu: PathMtu.Mtu1024);
        for (ulong id = 0; id < 50; id++) side.PostReceive(id, Room);
        var message = new List<byte>();
        var completed = 0;
        for (var i = 0; i < flow.Count; i++)
        {
            if (i == without) continue;
            var view = View(flow[i]);
            if (view.Traits.IsFirst) message.Clear();
            message.AddRange(view.Payload);
            var drop = side.Receive(Aimed(flow[i].Transport, side));
            Assert.Equal(without < 0 || i < without || i > LastOf(flow, without), drop == DropReason.None);
            if (drop != DropReason.None || !view.Traits.IsLast) continue;
            Assert.Equal(message, side.Sink[..message.Count].ToArray());
            if ((view.Traits.ReceiveWqe & ReceiveWqeUse.Completes) == 0) continue;
            Assert.Equal((uint)message.Count, Assert.Single(UnreliableSide.Take(side.ReceiveCq)).ByteLength);
            completed++;
        }

        Assert.Empty(UnreliableSide.Take(side.ReceiveCq));
        return completed;
    }

    private static int LastOf(List<Packet> flow, int packet) => flow.FindIndex(packet, p => View(p).Traits.IsLast);

    // A WRITE goes to memory of this test instead of that of the machine it was captured on.
    private static byte[] Aimed(byte[] transport, UnreliableSide side)
    {
        var traits = OpcodeTraits.Of((Opcode)transport[0]);
        if (!traits.Has(HeaderLayout.Reth)) return transport;
        var reth = transport.AsSpan(traits.OffsetOf(HeaderLayout.Reth));
        BinaryPrimitives.WriteUInt64BigEndian(reth, side.SinkAddress);
        BinaryPrimitives.WriteUInt32BigEndian(reth[8..], side.SinkKey);
        return transport;
    }

    private static PacketView View(Packet packet)
    {
        Assert.Equal(DropReason.None, PacketView.TryParse(packet.Transport, out var view));
        return view;
    }

    private static IEnumerable<List<Packet>> Flows(string file) =>
        from captured in CaptureReader.ReadFile(CaptureFiles.Paths.Single(path => Path.GetFileName(path) == file))
        let frame = captured.Data.ToArray()
        let layout = EthernetFrame.Locate(frame)
        where layout.IsSound
        let transport = frame.AsSpan(layout.TransportOffset, layout.TransportLength).ToArray()
        let packet = new Packet(frame, transport, BinaryPrimitives.ReadUInt32BigEndian(transport.AsSpan(4)) & 0xFF_FFFF)
        group packet by (Convert.ToHexString(frame.AsSpan(26, 8)), packet.QueuePair) into flow
        select flow.ToList();

    private sealed record Packet(byte[] Frame, byte[] Transport, uint QueuePair);
}

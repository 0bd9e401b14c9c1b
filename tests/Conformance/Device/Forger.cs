using System.Runtime.InteropServices;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>
/// Somebody on the medium of a device who writes packets of any content, with any source address that the medium lets pass, and counts
/// their bytes and those of the answers. The victim is simulated: it is driven by the test until nothing is left to do.
/// </summary>
internal sealed class Forger : IDisposable
{
    private readonly DevicePair _pair;
    private readonly IPacketBackend _port;

    public Forger(DevicePair pair, string uri)
    {
        _pair = pair;
        _port = PacketBackends.Open(uri);
    }

    /// <summary>The address that is really its own.</summary>
    public Gid Own => new(_port.Description.Gids[0]);

    /// <summary>Packets that were sent to it.</summary>
    public int Received
    {
        get
        {
            var bursts = new PacketBurst?[8];
            int packets = 0;
            for (int i = _port.Receive(bursts) - 1; i >= 0; i--)
            {
                packets += bursts[i]!.Count;
                bursts[i]!.Release();
            }
            return packets;
        }
    }

    /// <summary>Sends packets in one burst and waits until the victim, the second device of the pair, has done with them.</summary>
    /// <returns>The bytes of the frames, and the packets and bytes with which the victim answered.</returns>
    public (long In, long Answers, long Out) Send(Gid source, params ReadOnlySpan<ForgedPacket> packets)
    {
        var (_, victim) = (_pair.A.GetPipeline().BackendCounters, _pair.B.GetPipeline().BackendCounters);
        Rest();
        var (sent, answers, answered, seen) = (_port.Counters.Sent.Bytes, victim.Sent.Packets, victim.Sent.Bytes, victim.Received.Packets);
        var burst = _port.Pool.Rent();
        burst.Path = new FlowPath(source.Value, _pair.B.QueryGid(1, _pair.B.SelectGid()).Value, 0, 64, 0, 0xC123);
        foreach (var packet in packets)
            Write(burst, packet);
        _port.Codec.Encode(burst);
        int left = burst.Count;
        while ((left -= _port.Send(burst)) > 0)
            _port.WaitForTraffic(-1, orSendReady: true);
        int count = packets.Length;
        _pair.Until(() => victim.Received.Packets >= seen + count, "the forged packets");
        Rest();
        return (_port.Counters.Sent.Bytes - sent, victim.Sent.Packets - answers, victim.Sent.Bytes - answered);
    }

    public void Dispose() => _port.Dispose();

    private void Rest()
    {
        while (_pair.A.Provider.Drive() | _pair.B.Provider.Drive())
        {
        }
    }

    private static void Write(PacketBurst burst, in ForgedPacket packet)
    {
        int index = burst.Count;
        ref var descriptor = ref burst.Append();
        var writer = new PacketWriter(burst.HeaderArea(index), new PayloadReference[1]);
        writer.Begin(packet.Opcode, packet.QueuePair, Psn.Truncate(packet.Psn), ackRequest: true);
        if (packet.Opcode is Opcode.RcReadRequest or Opcode.RcWriteOnly)
            writer.Append(new Reth(packet.Address, packet.Key, packet.Length));
        if (packet.Opcode == Opcode.UdSendOnly)
            writer.Append(new Deth(packet.Key, 0x123));
        if (packet.Opcode == Opcode.RcAcknowledge)
            writer.Append(Aeth.Ack(0, 0));
        Assert.True(writer.IsComplete);
        if (packet.Pinned is { } payload)
        {
            var address = Marshal.UnsafeAddrOfPinnedArrayElement(payload, 0);
            writer.AppendPayload(address, payload.Length);
            burst.FreeSegments(1)[0] = new PayloadSegment(address, payload.Length);
            (descriptor.SegmentStart, descriptor.SegmentCount) = (burst.SegmentCount++, 1);
        }

        descriptor.HeaderLength = writer.HeaderLength;
        descriptor.PayloadLength = writer.PayloadLength;
        descriptor.PadCount = (byte)writer.PadCount;
    }
}

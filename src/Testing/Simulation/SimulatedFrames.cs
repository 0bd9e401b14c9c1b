using System.Runtime.InteropServices;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// Turns packets of machines into RoCEv2 frames with a true ICRC and back. Keeps its memory; one for each thread of tests.
/// </summary>
public sealed class SimulatedFrames
{
    private const int MaxEntries = 32;

    private readonly PacketPool _pool = new();
    private readonly RoCEv2EthernetCodec _codec = new(icrc: true);

    internal bool TrySend(QueuePairMachine machine, SimulatedNode node, FrameDeparture departure, bool isResponse)
    {
        var burst = _pool.Rent();
        try
        {
            var segments = MemoryMarshal.Cast<PayloadSegment, PayloadReference>(burst.FreeSegments(PacketWriter.SegmentsFor(MaxEntries)));
            var writer = new PacketWriter(burst.HeaderArea(0), segments);
            var way = machine.HasPathPerRequest && !isResponse ? machine.PrepareRequest() : machine.Path;
            if (isResponse ? !machine.PollResponse(ref writer, node.Now) : !machine.PollRequest(ref writer, node.Now)) return false;
            Describe(burst, writer);
            burst.Path = new FlowPath(node.Gid.Value, way!.DestinationGid.Value, 0, 64, 0, 0xC000);
            _codec.Encode(burst);
            ref readonly var packet = ref burst.Packets[0];
            departure(burst.Bytes(packet.FrameOffset, packet.FrameLength), packet.TransportOffset - packet.FrameOffset);
            if (machine.AwaitsHandover) machine.HandOver(machine.Counters.SentRequests);
            return true;
        }
        finally
        {
            burst.Release();
        }
    }

    internal DropReason Receive(ReadOnlySpan<byte> frame, SimulatedNode node)
    {
        var burst = _pool.Rent();
        try
        {
            ref var packet = ref burst.Append();
            packet.FrameLength = frame.Length;
            frame.CopyTo(burst.Bytes(0, frame.Length));
            burst.State = BurstStage.Received;
            _codec.Decode(burst);
            if (packet.Drop != DropReason.None) return packet.Drop;
            // R-WIRE-23: silently.
            if (packet.Icrc == IcrcStatus.Invalid) return DropReason.IcrcMismatch;
            var drop = PacketView.TryParse(burst.Bytes(packet.TransportOffset, packet.TransportLength), out var view);
            if (drop != DropReason.None) return drop;
            Span<byte> routeHeader = stackalloc byte[RouteHeader.Length];
            _codec.ReadOrigin(burst, packet, routeHeader);
            var origin = new PacketOrigin { RouteHeader = routeHeader };
            return node.Dispatch(view, origin, new Gid(burst.Path.Source), new Gid(burst.Path.Destination));
        }
        finally
        {
            burst.Release();
        }
    }

    private static void Describe(PacketBurst burst, in PacketWriter writer)
    {
        ref var packet = ref burst.Append();
        packet.HeaderLength = writer.HeaderLength;
        packet.PayloadLength = writer.PayloadLength;
        packet.SegmentCount = writer.SegmentCount;
        packet.PadCount = (byte)writer.PadCount;
        burst.SegmentCount = writer.SegmentCount;
    }
}

using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Decorators;

/// <summary>Takes single packets out of a burst.</summary>
internal static class PacketCopy
{
    /// <summary>
    /// Adds an encoded packet to an outgoing burst in un-encoded form, its payload still in the source's slab: which run a packet is
    /// part of is covered by its ICRC (R-BE-30), so a burst that lost a packet must be framed anew.
    /// </summary>
    public static void Unframe(PacketBurst source, int index, PacketBurst target)
    {
        ref var packet = ref source.Packets[index];
        ref var copy = ref target.Append();
        copy.HeaderLength = packet.HeaderLength;
        copy.PayloadLength = packet.PayloadLength;
        copy.PadCount = packet.PadCount;
        copy.DestinationQueuePair = packet.DestinationQueuePair;
        copy.SegmentStart = target.SegmentCount;
        source.Bytes(packet.TransportOffset, packet.HeaderLength).CopyTo(target.HeaderArea(target.Count - 1));
        if (packet.PayloadLength > 0)
        {
            var payload = source.Slab + packet.TransportOffset + packet.HeaderLength;
            target.FreeSegments(1)[0] = new PayloadSegment(payload, packet.PayloadLength);
            target.SegmentCount++;
            copy.SegmentCount = 1;
        }

        target.Path = source.Path;
    }

    /// <summary>A burst with one received frame.</summary>
    public static PacketBurst Frame(PacketBurst source, int index, PacketPool pool)
    {
        ref var packet = ref source.Packets[index];
        var single = pool.Rent();
        ref var copy = ref single.Append();
        copy = packet;
        copy.FrameOffset = 0;
        source.Bytes(packet.FrameOffset, packet.FrameLength).CopyTo(single.Bytes(0, packet.FrameLength));
        single.Path = source.Path;
        single.State = source.State;
        return single;
    }
}

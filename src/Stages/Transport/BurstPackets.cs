using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport.Tracing;

namespace RdmaPipeline.Transport;

/// <summary>What the stages do with the packets of a burst, whoever its queue pairs are.</summary>
internal static class BurstPackets
{
    /// <summary>A view of a decoded packet; anything but <see cref="DropReason.None"/> when it does not parse.</summary>
    public static DropReason TryView(this PacketBurst burst, in PacketDescriptor packet, out PacketView view) =>
        PacketView.TryParse(burst.Bytes(packet.TransportOffset, packet.TransportLength), out view);

    /// <summary>Takes the packets whose bit is set out of the burst, keeping the order of the others.</summary>
    public static void Remove(this PacketBurst burst, ulong packets)
    {
        if (packets != 0)
            burst.Keep(~packets);
    }

    /// <summary>Copies the packets whose bit is set, with all their headers, behind those that <paramref name="target"/> holds.</summary>
    public static void CopyTo(this PacketBurst burst, ulong packets, PacketBurst target)
    {
        target.Path = burst.Path;
        target.State = burst.State;
        burst.CopyTraceTo(target);
        int offset = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            if ((packets & (1UL << i)) == 0)
                continue;
            ref var source = ref burst.Packets[i];
            ref var copy = ref target.Append();
            copy = source;
            copy.FrameOffset = offset;
            copy.TransportOffset = offset + source.TransportOffset - source.FrameOffset;
            burst.Bytes(source.FrameOffset, source.FrameLength).CopyTo(target.Bytes(offset, source.FrameLength));
            offset += source.FrameLength;
        }
    }

    /// <summary>Copies un-encoded packets whose bit is set, with their payloads, which need no user memory from then on.</summary>
    /// <param name="burst">The burst.</param>
    /// <param name="packets">Bit i set: packet i.</param>
    /// <param name="target">An empty burst. Its own slab is where it will be encoded, so its payloads lie in another.</param>
    /// <param name="store">That other one; it belongs to the target from now on.</param>
    public static void CopyUnencodedTo(this PacketBurst burst, ulong packets, PacketBurst target, PacketBurst store)
    {
        target.Path = burst.Path;
        target.PayloadStore = store;
        int offset = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            if ((packets & (1UL << i)) == 0)
                continue;
            ref var copy = ref target.Append();
            copy = burst.Packets[i];
            burst.HeaderArea(i)[..copy.HeaderLength].CopyTo(target.HeaderArea(target.Count - 1));
            burst.CopyPayloadTo(burst.Packets[i], store.Bytes(offset, copy.PayloadLength));
            (copy.SegmentStart, copy.SegmentCount) = (target.SegmentCount, 1);
            target.FreeSegments(1)[0] = new PayloadSegment(store.Slab + offset, copy.PayloadLength);
            target.SegmentCount++;
            offset += copy.PayloadLength;
        }
        burst.CopyTraceTo(target);
    }

    /// <summary>Packets of the burst go on in another one: what is known of traced messages goes with them.</summary>
    public static void CopyTraceTo(this PacketBurst burst, PacketBurst target)
    {
        target.AddContextsOf(burst);
        if (BurstJourney.Find(burst) is { } journey)
            journey.CopyTo(BurstJourney.Of(target));
    }
}

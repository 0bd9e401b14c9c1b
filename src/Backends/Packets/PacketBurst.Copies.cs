using RdmaPipeline.Backends.Decorators;

namespace RdmaPipeline.Backends.Packets;

/// <content>Copies: for whoever holds a burst beside its owner, or changes one that somebody else holds.</content>
public sealed partial class PacketBurst
{
    /// <summary>Makes another burst a full copy of this one's frames and descriptors. Payload references are not copied.</summary>
    /// <param name="copy">An empty burst.</param>
    public void CopyFramesTo(PacketBurst copy)
    {
        ArgumentNullException.ThrowIfNull(copy);
        var end = 0;
        for (var i = 0; i < Count; i++)
            end = Math.Max(end, Packets[i].FrameOffset + Packets[i].FrameLength);
        Bytes(0, end).CopyTo(copy.Bytes(0, end));
        Packets.AsSpan(0, Count).CopyTo(copy.Packets);
        Runs.AsSpan(0, RunCount).CopyTo(copy.Runs);
        copy.Count = Count;
        copy.RunCount = RunCount;
        copy.SentCount = SentCount;
        copy.Path = Path;
        copy.State = State;
        copy.AddContextsOf(this);
    }

    /// <summary>
    /// Makes another burst a copy of this one that stands by itself: frames as <see cref="CopyFramesTo"/> does it; of an un-encoded burst
    /// the payloads are gathered in the copy's slab, so that it no longer needs the user's memory.
    /// </summary>
    /// <param name="copy">An empty burst.</param>
    public void CopyTo(PacketBurst copy)
    {
        ArgumentNullException.ThrowIfNull(copy);
        if (State != BurstStage.Unencoded)
        {
            CopyFramesTo(copy);
            return;
        }

        copy.Path = Path;
        var offset = 0;
        for (var i = 0; i < Count; i++)
        {
            ref var packet = ref copy.Append();
            packet = Packets[i];
            HeaderArea(i)[..packet.HeaderLength].CopyTo(copy.HeaderArea(i));
            CopyPayloadTo(Packets[i], copy.Bytes(offset, packet.PayloadLength));
            packet.SegmentStart = copy.SegmentCount;
            packet.SegmentCount = 1;
            copy.FreeSegments(1)[0] = new PayloadSegment(copy.Slab + offset, packet.PayloadLength);
            copy.SegmentCount++;
            offset += packet.PayloadLength;
        }
    }

    /// <summary>Gathers the payload of an un-encoded packet.</summary>
    /// <param name="packet">A packet of this burst.</param>
    /// <param name="payload">Where to; its <see cref="PacketDescriptor.PayloadLength"/> bytes.</param>
    public unsafe void CopyPayloadTo(in PacketDescriptor packet, Span<byte> payload)
    {
        foreach (ref readonly var segment in Segments.AsSpan(packet.SegmentStart, packet.SegmentCount))
        {
            new ReadOnlySpan<byte>((void*)segment.Address, segment.Length).CopyTo(payload);
            payload = payload[segment.Length..];
        }
    }

    /// <summary>Makes another burst the un-encoded form of this encoded one; its payloads stay in this one's slab.</summary>
    /// <param name="unencoded">An empty burst.</param>
    public void UnframeTo(PacketBurst unencoded)
    {
        ArgumentNullException.ThrowIfNull(unencoded);
        for (var i = 0; i < Count; i++)
            PacketCopy.Unframe(this, i, unencoded);
    }

    /// <summary>
    /// What whoever changes a burst goes on with: this burst when nobody else holds it, else a full copy; then the caller's hold on this
    /// one has ended. Whoever wants to be told of the hand-over is told of the copy's.
    /// </summary>
    /// <param name="copies">Where to get a copy from.</param>
    /// <returns>A burst that the caller alone holds.</returns>
    /// <exception cref="InvalidOperationException">
    /// The burst is un-encoded: its payloads lie in user memory, so a second holder needs a copy from the start (<see cref="CopyTo"/>).
    /// </exception>
    public PacketBurst Unshare(PacketPool copies)
    {
        ArgumentNullException.ThrowIfNull(copies);
        if (!IsShared)
            return this;
        if (State == BurstStage.Unencoded)
            throw new InvalidOperationException("An un-encoded burst is shared: give its second holder a copy made by CopyTo.");
        var copy = copies.Rent();
        CopyFramesTo(copy);
        Notices.MoveTo(copy.Notices);
        (Journey, copy.Journey) = (copy.Journey, Journey);
        Release();
        return copy;
    }
}

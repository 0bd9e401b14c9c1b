using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.FuzzTests.Frames;

/// <summary>
/// A packet that was taken for one: all its fields can be read, its lengths add up, and what is built from its fields and encoded is read
/// as the same packet again.
/// </summary>
internal sealed unsafe class TransportCheck
{
    private readonly PacketPool _pool = new();

    public TransportCheck() => _pool.Rent().Release();

    public void Check(in PacketView packet, FrameMedium medium, in FlowPath path)
    {
        var traits = packet.Traits;
        var parts = traits.HeaderLength + packet.PayloadLength + packet.PadCount + PacketView.IcrcLength;
        if (traits.IsKnown && parts != packet.Bytes.Length)
            throw new FuzzFailureException($"{packet.Bytes.Length} bytes, but the parts add up to {parts}");
        if (packet.Payload.Length != packet.PayloadLength) throw new FuzzFailureException("the payload is not as long as it says");
        if (packet.DestinationQueuePair > UInt24.Max || packet.Psn.Value > UInt24.Max) throw new FuzzFailureException("more than 24 bits");
        // Reserved opcodes have no layout, reserved values are never sent, and only the pad that the payload asks for is built.
        if (!traits.IsKnown || packet.PadCount != (-packet.PayloadLength & 3) || !IsLegal(packet)) return;
        var burst = _pool.Rent();
        try
        {
            fixed (byte* payload = packet.Payload) Rebuild(packet, burst, payload);
            burst.Path = path;
            medium.Codec.Encode(burst);
            burst.State = BurstStage.Received;
            burst.Packets[0].Drop = DropReason.None;
            medium.Codec.Decode(burst);
            Compare(packet, burst);
        }
        finally
        {
            burst.Release();
        }
    }

    private static bool IsLegal(in PacketView packet) =>
        (!packet.Traits.Has(HeaderLayout.Reth) || packet.Reth.IsLegal)
        && (!packet.Traits.Has(HeaderLayout.Aeth) || packet.Aeth.IsLegal)
        && (!packet.Traits.Has(HeaderLayout.Feth) || packet.Feth.IsLegal);

    private static void Rebuild(in PacketView packet, PacketBurst burst, byte* payload)
    {
        Span<PayloadReference> segments = stackalloc PayloadReference[1];
        var writer = new PacketWriter(burst.HeaderArea(0), segments);
        writer.Begin(packet.Bth with { PadCount = 0 });
        Append(ref writer, packet);
        writer.AppendPayload((nint)payload, packet.PayloadLength);
        if (!writer.IsComplete) throw new FuzzFailureException("the headers of the opcode were read, but do not complete the packet");
        ref var descriptor = ref burst.Append();
        (descriptor.HeaderLength, descriptor.PayloadLength) = (writer.HeaderLength, writer.PayloadLength);
        (descriptor.SegmentCount, descriptor.PadCount) = (writer.SegmentCount, (byte)writer.PadCount);
        if (writer.SegmentCount == 0) return;
        burst.FreeSegments(1)[0] = new PayloadSegment((nint)payload, packet.PayloadLength);
        burst.SegmentCount = 1;
    }

    private static void Append(ref PacketWriter writer, in PacketView packet)
    {
        var traits = packet.Traits;
        if (traits.Has(HeaderLayout.Rdeth)) writer.Append(packet.Rdeth);
        if (traits.Has(HeaderLayout.Deth)) writer.Append(packet.Deth);
        if (traits.Has(HeaderLayout.XrcEth)) writer.Append(packet.XrcEth);
        if (traits.Has(HeaderLayout.Feth)) writer.Append(packet.Feth);
        if (traits.Has(HeaderLayout.Reth)) writer.Append(packet.Reth);
        if (traits.Has(HeaderLayout.AtomicEth)) writer.Append(packet.AtomicEth);
        if (traits.Has(HeaderLayout.Aeth)) writer.Append(packet.Aeth);
        if (traits.Has(HeaderLayout.AtomicAckEth)) writer.Append(packet.AtomicAckEth);
        if (traits.Has(HeaderLayout.ImmDt)) writer.Append(packet.ImmDt);
        if (traits.Has(HeaderLayout.Ieth)) writer.Append(packet.Ieth);
    }

    private static void Compare(in PacketView packet, PacketBurst burst)
    {
        ref readonly var descriptor = ref burst.Packets[0];
        if (descriptor.Drop != DropReason.None || descriptor.Icrc is IcrcStatus.Invalid or IcrcStatus.Unchecked)
            throw new FuzzFailureException($"what was encoded is decoded as {descriptor.Drop}, {descriptor.Icrc}");
        var drop = PacketView.TryParse(burst.Bytes(descriptor.TransportOffset, descriptor.TransportLength), out var again);
        if (drop != DropReason.None) throw new FuzzFailureException($"what was encoded is no packet: {drop}");
        var isSame = again.Bth == packet.Bth && again.Payload.SequenceEqual(packet.Payload) && HeadersEqual(again, packet);
        if (!isSame) throw new FuzzFailureException($"{packet.Opcode} is another packet after it was encoded and decoded");
    }

    private static bool HeadersEqual(in PacketView left, in PacketView right)
    {
        var traits = left.Traits;
        return (!traits.Has(HeaderLayout.Rdeth) || left.Rdeth == right.Rdeth)
            && (!traits.Has(HeaderLayout.Deth) || left.Deth == right.Deth)
            && (!traits.Has(HeaderLayout.XrcEth) || left.XrcEth == right.XrcEth)
            && (!traits.Has(HeaderLayout.Feth) || left.Feth == right.Feth)
            && (!traits.Has(HeaderLayout.Reth) || left.Reth == right.Reth)
            && (!traits.Has(HeaderLayout.AtomicEth) || left.AtomicEth == right.AtomicEth)
            && (!traits.Has(HeaderLayout.Aeth) || left.Aeth == right.Aeth)
            && (!traits.Has(HeaderLayout.AtomicAckEth) || left.AtomicAckEth == right.AtomicAckEth)
            && (!traits.Has(HeaderLayout.ImmDt) || left.ImmDt == right.ImmDt)
            && (!traits.Has(HeaderLayout.Ieth) || left.Ieth == right.Ieth);
    }
}

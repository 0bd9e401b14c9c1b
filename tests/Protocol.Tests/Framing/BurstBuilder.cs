using System.Runtime.InteropServices;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.Tests.Framing;

/// <summary>Fills bursts with packets the way the requester does; payloads are pinned until it is disposed.</summary>
internal sealed class BurstBuilder : IDisposable
{
    private readonly List<GCHandle> _pins = [];

    public PacketPool Pool { get; } = new();

    public PacketBurst Burst(FlowPath path, params byte[][] payloads)
    {
        var burst = Pool.Rent();
        burst.Path = path;
        foreach (var payload in payloads)
            Append(burst, payload, segmentLength: Math.Max(payload.Length, 1));
        return burst;
    }

    /// <summary>Adds a SEND ONLY whose payload is cut into segments.</summary>
    public void Append(PacketBurst burst, byte[] payload, int segmentLength)
    {
        var pin = GCHandle.Alloc(payload, GCHandleType.Pinned);
        _pins.Add(pin);
        var segments = MemoryMarshal.Cast<PayloadSegment, PayloadReference>(burst.FreeSegments((payload.Length / segmentLength) + 1));
        var writer = new PacketWriter(burst.HeaderArea(burst.Count), segments);
        writer.Begin(Opcode.RcSendOnly, 0x12, new Psn((uint)burst.Count), ackRequest: true);
        for (var offset = 0; offset < payload.Length; offset += segmentLength)
            writer.AppendPayload(pin.AddrOfPinnedObject() + offset, Math.Min(segmentLength, payload.Length - offset));
        ref var packet = ref burst.Append();
        packet.HeaderLength = writer.HeaderLength;
        packet.PayloadLength = writer.PayloadLength;
        packet.PadCount = (byte)writer.PadCount;
        packet.SegmentStart = burst.SegmentCount;
        packet.SegmentCount = writer.SegmentCount;
        burst.SegmentCount += writer.SegmentCount;
    }

    public void Dispose()
    {
        foreach (var pin in _pins)
            pin.Free();
    }
}

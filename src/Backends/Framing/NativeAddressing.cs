using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Framing;

/// <summary>
/// Whom a native frame is for: steps 1 and 4 of the receive validation (wire.md section 8) and the rules of the management queue pairs
/// (R-WIRE-32).
/// </summary>
internal static class NativeAddressing
{
    private const int BthDestinationOffset = 4;
    private const uint QueuePairMask = 0xFF_FFFF;

    // A management datagram: behind BTH and DETH come 256 bytes and the ICRC.
    private const int ManagementOffset = 20;
    private const int ManagementLength = ManagementOffset + 256 + Icrc.Length;
    private const int ClassOffset = ManagementOffset + 1;
    private const byte DirectedRoute = 0x81;

    /// <summary>Destination queue pair of a transport packet.</summary>
    /// <param name="transport">From the BTH on, at least 8 bytes.</param>
    public static uint QueuePairOf(ReadOnlySpan<byte> transport) =>
        BinaryPrimitives.ReadUInt32BigEndian(transport[BthDestinationOffset..]) & QueuePairMask;

    /// <summary>Whether an encoded burst is of subnet management: its packets go to QP0.</summary>
    /// <param name="burst">The burst.</param>
    public static bool IsManagement(PacketBurst burst)
    {
        ref var packet = ref burst.Packets[0];
        return burst.Count > 0 && packet.TransportLength >= FrameLayout.MinTransportLength
            && QueuePairOf(burst.Bytes(packet.TransportOffset, packet.TransportLength)) == 0;
    }

    /// <summary>Judges the addresses of a frame.</summary>
    /// <param name="frame">The frame, from the LRH on.</param>
    /// <param name="layout">Its layout, which is sound.</param>
    /// <param name="port">The port that received it.</param>
    /// <returns><see cref="DropReason.None"/>, or why it is not for this port.</returns>
    public static DropReason Judge(ReadOnlySpan<byte> frame, in FrameLayout layout, NativePort port)
    {
        var transport = frame.Slice(layout.TransportOffset, layout.TransportLength);
        var queuePair = QueuePairOf(transport);
        var fault = JudgeManagement(frame[0] >> 4, queuePair, transport.Length);
        if (fault != DropReason.None)
            return fault;
        var lid = BinaryPrimitives.ReadUInt16BigEndian(frame[2..]);
        if (lid == Lrh.PermissiveLid)
            return queuePair == 0 && transport[ClassOffset] == DirectedRoute ? DropReason.None : DropReason.NoRoute;
        var isGlobal = layout.Kind == FrameKind.NativeGlobal;
        var gid = isGlobal ? BinaryPrimitives.ReadUInt128BigEndian(frame[(layout.NetworkOffset + 24)..]) : default;
        if (lid >= Lrh.FirstMulticastLid)
            return isGlobal && GidAddress.IsMulticast(gid) ? DropReason.None : DropReason.BadHeader;
        return port.Owns(lid) && (!isGlobal || port.Owns(gid)) ? DropReason.None : DropReason.NoRoute;
    }

    private static DropReason JudgeManagement(int lane, uint queuePair, int transportLength)
    {
        if (lane == NativePort.ManagementLane != (queuePair == 0))
            return DropReason.BadHeader;
        return queuePair > 1 || transportLength == ManagementLength ? DropReason.None : DropReason.BadLength;
    }
}

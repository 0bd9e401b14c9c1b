using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Transport;

/// <summary>How much a pulling stage puts into a burst.</summary>
/// <param name="PacketsPerToken">Packets a queue pair may send before it queues up again, at least 1.</param>
/// <param name="SegmentsPerPacket">The most payload references of one packet.</param>
/// <param name="FrameOverhead">Bytes of each frame around BTH to ICRC.</param>
internal sealed record PullLimits(int PacketsPerToken, int SegmentsPerPacket, int FrameOverhead)
{
    // The largest header of a packet with payload is far below the header memory; a packet of a full path MTU has no pad.
    private const int LargestHeader = 40;

    /// <summary>No packet of this path MTU makes a longer frame.</summary>
    public int LargestFrame(int pathMtu) => FrameOverhead + LargestHeader + pathMtu + PacketView.IcrcLength;

    /// <summary>The bytes of a frame.</summary>
    public int FrameLength(int header, int payload, int pad) => FrameOverhead + header + payload + pad + PacketView.IcrcLength;
}

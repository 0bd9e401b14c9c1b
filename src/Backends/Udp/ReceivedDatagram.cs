using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Backends.Udp;

/// <summary>What one read brought: a datagram, or a run of equal ones that the kernel left together.</summary>
/// <param name="Length">Bytes in all.</param>
/// <param name="SegmentLength">Bytes of each datagram but the last.</param>
/// <param name="Path">Where it came from and how.</param>
internal readonly record struct ReceivedDatagram(int Length, int SegmentLength, FlowPath Path)
{
    /// <summary>Number of datagrams; an empty one counts.</summary>
    public int Segments => Length <= SegmentLength ? 1 : (Length + SegmentLength - 1) / SegmentLength;
}

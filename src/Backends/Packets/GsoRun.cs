namespace RdmaPipeline.Backends.Packets;

/// <summary>
/// Consecutive packets whose frames lie back to back in the slab and have equal length, except that the last may be shorter:
/// what one segmented send can carry. Segment k of a run leaves with IPv4 Identification k (the ICRC covers it, R-BE-30), so a
/// run is sent as a whole or not at all. A run of one is a plain datagram.
/// </summary>
/// <param name="FirstPacket">Index of the first packet in the burst.</param>
/// <param name="PacketCount">Number of packets, 1 to <see cref="PacketBurst.MaxPackets"/>.</param>
/// <param name="SegmentLength">Frame length in bytes of every packet but, perhaps, the last.</param>
/// <param name="ByteCount">Bytes of all frames of the run together.</param>
public readonly record struct GsoRun(int FirstPacket, int PacketCount, int SegmentLength, int ByteCount);

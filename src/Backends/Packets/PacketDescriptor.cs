using System.Runtime.InteropServices;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Packets;

/// <summary>Where one packet of a burst lies and what is known about it. Offsets count bytes from the start of the burst's slab.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PacketDescriptor
{
    /// <summary>Offset of the BTH. Valid from <see cref="BurstStage.Encoded"/> on, and once received only after decoding.</summary>
    public int TransportOffset;

    /// <summary>Bytes from the BTH through the ICRC (R-WIRE-2).</summary>
    public int TransportLength;

    /// <summary>Offset of the frame: the first link header byte, which is the BTH itself where the socket adds the headers.</summary>
    public int FrameOffset;

    /// <summary>Bytes of the whole frame through the ICRC.</summary>
    public int FrameLength;

    /// <summary>Bytes of transport headers (BTH and extension headers) written into the packet's header area.</summary>
    public int HeaderLength;

    /// <summary>Bytes of payload, without pad and ICRC.</summary>
    public int PayloadLength;

    /// <summary>
    /// Index of the packet's first entry in <see cref="PacketBurst.Segments"/>. A received packet has none: there it is free for the
    /// back-end, and stays with the packet on its way through the stages.
    /// </summary>
    public int SegmentStart;

    /// <summary>Number of payload segments, 0 or more.</summary>
    public int SegmentCount;

    /// <summary>Destination queue pair number of the BTH, 24 bits.</summary>
    public uint DestinationQueuePair;

    /// <summary>Zero bytes behind the payload, 0 to 3 (R-WIRE-16).</summary>
    public byte PadCount;

    /// <summary>Verdict on the ICRC.</summary>
    public IcrcStatus Icrc;

    /// <summary>Why the packet must be dropped; <see cref="DropReason.None"/> while it is good.</summary>
    public DropReason Drop;
}

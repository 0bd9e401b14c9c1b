using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.FuzzTests.Frames;

/// <summary>
/// Makes a frame whose bytes were changed pass the checks that come first, so that the change reaches what lies behind them.
/// </summary>
internal static class FrameSeal
{
    /// <summary>Writes the lengths that the bytes have into the headers of an Ethernet frame of IPv4, IPv6 or a GRH.</summary>
    public static void FixEthernetLengths(Span<byte> frame)
    {
        if (frame.Length < EthernetHeader.Length) return;
        var offset = EthernetHeader.Length;
        var type = BinaryPrimitives.ReadUInt16BigEndian(frame[12..]);
        if (type == EtherTypes.Vlan && frame.Length >= offset + VlanTag.Length)
        {
            type = BinaryPrimitives.ReadUInt16BigEndian(frame[16..]);
            offset += VlanTag.Length;
        }

        var network = frame[offset..];
        if (type == EtherTypes.Ipv4 && network.Length >= Ipv4Header.Length + UdpHeader.Length) FixIpv4(network);
        else if (type == EtherTypes.Ipv6 && network.Length >= Ipv6Header.Length + UdpHeader.Length)
            FixIpv6(network);
        else if (type == EtherTypes.RoCEv1 && network.Length >= Grh.Length)
            BinaryPrimitives.WriteUInt16BigEndian(network[4..], (ushort)(network.Length - Grh.Length));
    }

    /// <summary>
    /// Writes the lengths that the bytes have into the headers of a native frame; words, so the last bytes may be left over.
    /// </summary>
    public static void FixNativeLengths(Span<byte> frame)
    {
        if (frame.Length < Lrh.Length + Vcrc.Length) return;
        var words = (frame.Length - Vcrc.Length) / 4;
        BinaryPrimitives.WriteUInt16BigEndian(frame[4..], (ushort)((frame[4] & 0xF8) << 8 | (words & 0x7FF)));
        if ((frame[1] & 3) == 3 && frame.Length >= Lrh.Length + Grh.Length + Vcrc.Length)
            BinaryPrimitives.WriteUInt16BigEndian(frame[(Lrh.Length + 4)..], (ushort)((words * 4) - Lrh.Length - Grh.Length));
    }

    /// <summary>Writes the true ICRC where the frame has a transport packet.</summary>
    public static bool Seal(Span<byte> frame, in FrameLayout layout)
    {
        if (!layout.IsSound) return false;
        Icrc.Write(frame, layout);
        return true;
    }

    private static void FixIpv4(Span<byte> network)
    {
        BinaryPrimitives.WriteUInt16BigEndian(network[2..], (ushort)network.Length);
        BinaryPrimitives.WriteUInt16BigEndian(network[(Ipv4Header.Length + 4)..], (ushort)(network.Length - Ipv4Header.Length));
        network.Slice(Ipv4Header.ChecksumOffset, 2).Clear();
        BinaryPrimitives.WriteUInt16BigEndian(
            network[Ipv4Header.ChecksumOffset..], InternetChecksum.Finish(InternetChecksum.Sum(network[..Ipv4Header.Length])));
    }

    private static void FixIpv6(Span<byte> network)
    {
        BinaryPrimitives.WriteUInt16BigEndian(network[4..], (ushort)(network.Length - Ipv6Header.Length));
        BinaryPrimitives.WriteUInt16BigEndian(network[(Ipv6Header.Length + 4)..], (ushort)(network.Length - Ipv6Header.Length));
    }
}

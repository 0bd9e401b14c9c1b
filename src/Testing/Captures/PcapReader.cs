using System.Buffers.Binary;
using RdmaPipeline.Backends.Captures;

namespace RdmaPipeline.Testing.Captures;

/// <summary>The classic pcap format.</summary>
internal static class PcapReader
{
    private const uint Microseconds = 0xA1B2_C3D4;
    private const uint Nanoseconds = 0xA1B2_3C4D;
    private const int HeaderRestBeforeLinkType = 16;
    private const uint LinkTypeMask = 0xFFFF;
    private const long NanosecondsPerSecond = 1_000_000_000;

    public static List<CapturedPacket> Read(ReadOnlyMemory<byte> bytes, uint magicAsLittleEndian)
    {
        var isBigEndian = BinaryPrimitives.ReverseEndianness(magicAsLittleEndian) is Microseconds or Nanoseconds;
        var magic = isBigEndian ? BinaryPrimitives.ReverseEndianness(magicAsLittleEndian) : magicAsLittleEndian;
        if (magic is not (Microseconds or Nanoseconds))
            throw new CaptureFormatException($"Neither pcap nor pcapng: the file begins with 0x{magicAsLittleEndian:x8}.");
        var scale = magic == Microseconds ? 1000 : 1;
        var cursor = new CaptureCursor(bytes, isBigEndian, sizeof(uint));
        cursor.Take(HeaderRestBeforeLinkType);
        // The upper bits of the field tell about a frame check sequence.
        var linkType = (LinkLayerType)(cursor.ReadUInt32() & LinkTypeMask);
        var packets = new List<CapturedPacket>();
        while (!cursor.AtEnd)
        {
            var time = (cursor.ReadUInt32() * NanosecondsPerSecond) + ((long)cursor.ReadUInt32() * scale);
            var kept = cursor.ReadUInt32();
            var original = cursor.ReadUInt32();
            packets.Add(new CapturedPacket(packets.Count + 1, linkType, time, cursor.Take(kept), original));
        }

        return packets;
    }
}

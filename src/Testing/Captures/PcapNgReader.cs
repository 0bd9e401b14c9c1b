using System.Text;
using RdmaPipeline.Backends.Captures;

namespace RdmaPipeline.Testing.Captures;

/// <summary>The pcapng format: sections, interfaces, enhanced and simple packets; other blocks are skipped.</summary>
internal sealed class PcapNgReader(ReadOnlyMemory<byte> bytes)
{
    public const uint SectionHeaderBlock = 0x0A0D_0D0A;
    private const uint InterfaceDescriptionBlock = 1;
    private const uint SimplePacketBlock = 3;
    private const uint EnhancedPacketBlock = 6;
    private const uint ByteOrderMagic = 0x1A2B_3C4D;
    private const uint ByteOrderMagicSwapped = 0x4D3C_2B1A;
    private const int BlockOverhead = 12;
    private const ushort EndOfOptions = 0;
    private const ushort CommentOption = 1;
    private const ushort TimeResolutionOption = 9;
    private const int PowerOfTwoBit = 0x80;
    private const ulong Microseconds = 1_000_000;

    private readonly List<CapturedPacket> _packets = [];
    private readonly List<PcapNgInterface> _interfaces = [];
    private bool _isBigEndian;

    public List<CapturedPacket> Read()
    {
        var position = 0;
        while (position < bytes.Length)
            position = ReadBlock(position);
        return _packets;
    }

    private int ReadBlock(int position)
    {
        var cursor = new CaptureCursor(bytes, _isBigEndian, position);
        var type = cursor.ReadUInt32();
        if (type == SectionHeaderBlock)
        {
            TakeByteOrder(position);
            cursor = new CaptureCursor(bytes, _isBigEndian, position + sizeof(uint));
        }

        var length = cursor.ReadUInt32();
        if (length < BlockOverhead || length % sizeof(uint) != 0)
            throw new CaptureFormatException($"The block at byte {position} has an impossible length of {length}.");
        var body = cursor.Take(length - BlockOverhead);
        if (cursor.ReadUInt32() != length)
            throw new CaptureFormatException($"The block at byte {position} does not repeat its length of {length} at its end.");
        ReadBody(type, body);
        return cursor.Position;
    }

    // A section brings its own byte order, and its interfaces are counted from 0 again.
    private void TakeByteOrder(int position)
    {
        var magic = new CaptureCursor(bytes, false, position + (2 * sizeof(uint))).ReadUInt32();
        if (magic is not (ByteOrderMagic or ByteOrderMagicSwapped))
            throw new CaptureFormatException($"The section at byte {position} has the byte-order mark 0x{magic:x8}.");
        _isBigEndian = magic == ByteOrderMagicSwapped;
        _interfaces.Clear();
    }

    private void ReadBody(uint type, ReadOnlyMemory<byte> body)
    {
        var cursor = new CaptureCursor(body, _isBigEndian, 0);
        switch (type)
        {
            case InterfaceDescriptionBlock: ReadInterface(cursor); break;
            case EnhancedPacketBlock: ReadEnhanced(cursor); break;
            case SimplePacketBlock: ReadSimple(cursor); break;
            default: break;
        }
    }

    private void ReadInterface(CaptureCursor cursor)
    {
        var linkType = (LinkLayerType)cursor.ReadUInt16();
        cursor.ReadUInt16();
        var snapLength = cursor.ReadUInt32();
        var resolution = Option(cursor, TimeResolutionOption);
        _interfaces.Add(new PcapNgInterface(linkType, snapLength, resolution.IsEmpty ? Microseconds : TicksPerSecond(resolution.Span[0])));
    }

    private void ReadEnhanced(CaptureCursor cursor)
    {
        var source = Interface(cursor.ReadUInt32());
        var ticks = ((ulong)cursor.ReadUInt32() << 32) | cursor.ReadUInt32();
        var kept = cursor.ReadUInt32();
        var original = cursor.ReadUInt32();
        var data = cursor.Take(kept);
        cursor.Take(Padding(kept));
        var comment = Option(cursor, CommentOption);
        _packets.Add(new CapturedPacket(_packets.Count + 1, source.LinkType, source.ToNanoseconds(ticks), data, original,
            comment.IsEmpty ? null : Encoding.UTF8.GetString(comment.Span)));
    }

    private void ReadSimple(CaptureCursor cursor)
    {
        var source = Interface(0);
        var original = cursor.ReadUInt32();
        var kept = source.SnapLength == 0 ? original : Math.Min(original, source.SnapLength);
        _packets.Add(new CapturedPacket(_packets.Count + 1, source.LinkType, 0, cursor.Take(kept), original));
    }

    private PcapNgInterface Interface(uint index) => index < _interfaces.Count
        ? _interfaces[(int)index]
        : throw new CaptureFormatException($"Packet {_packets.Count + 1} is of interface {index}; {_interfaces.Count} are described.");

    private static ReadOnlyMemory<byte> Option(CaptureCursor cursor, ushort wanted)
    {
        while (!cursor.AtEnd)
        {
            var code = cursor.ReadUInt16();
            var length = cursor.ReadUInt16();
            if (code == EndOfOptions)
                break;
            var value = cursor.Take(length);
            if (code == wanted)
                return value;
            cursor.Take(Padding(length));
        }

        return default;
    }

    private static uint Padding(uint length) => (0u - length) & 3;

    private static ulong TicksPerSecond(byte resolution) => (resolution & PowerOfTwoBit) != 0
        ? 1ul << (resolution & 0x3F)
        : (ulong)Math.Pow(10, resolution);
}

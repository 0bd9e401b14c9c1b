using System.Buffers.Binary;

namespace RdmaPipeline.Testing.Captures;

/// <summary>Reads numbers of a known byte order from a capture and says where when there is nothing left.</summary>
internal struct CaptureCursor(ReadOnlyMemory<byte> bytes, bool isBigEndian, int start)
{
    public int Position { get; private set; } = start;

    public readonly bool AtEnd => Position >= bytes.Length;

    public uint ReadUInt32()
    {
        var source = Take(sizeof(uint)).Span;
        return isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(source) : BinaryPrimitives.ReadUInt32LittleEndian(source);
    }

    public ushort ReadUInt16()
    {
        var source = Take(sizeof(ushort)).Span;
        return isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(source) : BinaryPrimitives.ReadUInt16LittleEndian(source);
    }

    public ReadOnlyMemory<byte> Take(uint length)
    {
        if (length > bytes.Length - Position)
            throw new CaptureFormatException($"The file ends at byte {bytes.Length}, {length} bytes were expected at byte {Position}.");
        var taken = bytes.Slice(Position, (int)length);
        Position += (int)length;
        return taken;
    }
}

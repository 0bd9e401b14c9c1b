using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace RdmaPipeline.Backends.Captures;

/// <summary>
/// Writes a pcapng capture: one section, interfaces with time stamps of nanoseconds, packets with comments and directions. Little-endian.
/// What it has written is a whole file after every call.
/// </summary>
public sealed class PcapNgWriter
{
    private const uint SectionHeaderBlock = 0x0A0D_0D0A;
    private const uint InterfaceDescriptionBlock = 1;
    private const uint EnhancedPacketBlock = 6;
    private const uint ByteOrderMagic = 0x1A2B_3C4D;
    private const ushort MajorVersion = 1;
    private const ulong UnknownLength = ulong.MaxValue;
    private const ushort CommentOption = 1;
    private const ushort ApplicationOption = 4;
    private const ushort NameOption = 2;
    private const ushort TimeResolutionOption = 9;
    private const ushort FlagsOption = 2;
    private const byte Nanoseconds = 9;
    private const int MaxOptionLength = ushort.MaxValue;

    private readonly Stream _stream;
    private readonly ArrayBufferWriter<byte> _block = new();
    private int _interfaces;

    /// <summary>Begins a capture.</summary>
    /// <param name="stream">Where to; it stays the caller's to close.</param>
    /// <param name="application">What writes it.</param>
    /// <param name="comment">A comment on the whole file; null for none.</param>
    public PcapNgWriter(Stream stream, string application, string? comment = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(application);
        _stream = stream;
        Put(ByteOrderMagic);
        Put(MajorVersion);
        Put((ushort)0);
        Put(UnknownLength);
        PutText(CommentOption, comment);
        PutText(ApplicationOption, application);
        EndOptions();
        WriteBlock(SectionHeaderBlock);
    }

    /// <summary>Describes an interface; before the first packet of it.</summary>
    /// <param name="link">What its frames begin with.</param>
    /// <param name="name">Its name.</param>
    /// <returns>Its number, for <see cref="Write"/>.</returns>
    public int AddInterface(LinkLayerType link, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        Put((ushort)link);
        Put((ushort)0);
        Put(0u);
        PutText(NameOption, name);
        PutOption(TimeResolutionOption, [Nanoseconds]);
        EndOptions();
        WriteBlock(InterfaceDescriptionBlock);
        return _interfaces++;
    }

    /// <summary>Writes a packet.</summary>
    /// <param name="interfaceNumber">What <see cref="AddInterface"/> has returned.</param>
    /// <param name="nanoseconds">Its time, in nanoseconds since 1970.</param>
    /// <param name="frame">Its bytes, from the first on.</param>
    /// <param name="comment">A comment, of which 65 535 bytes of UTF-8 are kept; null for none.</param>
    /// <param name="direction">Which way it went.</param>
    /// <param name="originalLength">Bytes it had, where the frame is cut: at least those of the frame; null for a whole one.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such interface, a time before 1970, or more bytes than it had.</exception>
    public void Write(int interfaceNumber, long nanoseconds, ReadOnlySpan<byte> frame, string? comment = null,
        PacketDirection direction = PacketDirection.Unknown, int? originalLength = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(interfaceNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(interfaceNumber, _interfaces);
        ArgumentOutOfRangeException.ThrowIfNegative(nanoseconds);
        ArgumentOutOfRangeException.ThrowIfLessThan(originalLength ?? frame.Length, frame.Length, nameof(originalLength));
        Put((uint)interfaceNumber);
        Put((uint)(nanoseconds >> 32));
        Put((uint)nanoseconds);
        Put((uint)frame.Length);
        Put((uint)(originalLength ?? frame.Length));
        PutPadded(frame);
        PutText(CommentOption, comment);
        if (direction != PacketDirection.Unknown)
            PutFlags((uint)direction);
        EndOptions();
        WriteBlock(EnhancedPacketBlock);
    }

    private void Put(ushort value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        _block.Write(bytes);
    }

    private void Put(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _block.Write(bytes);
    }

    private void Put(ulong value)
    {
        Put((uint)value);
        Put((uint)(value >> 32));
    }

    private void PutPadded(ReadOnlySpan<byte> bytes)
    {
        _block.Write(bytes);
        ReadOnlySpan<byte> padding = [0, 0, 0];
        _block.Write(padding[..(-bytes.Length & 3)]);
    }

    private void PutText(ushort option, string? text)
    {
        if (text is null)
            return;
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = Math.Min(bytes.Length, MaxOptionLength);
        // Not through the middle of a character: its other bytes begin with the bits 10.
        while (length < bytes.Length && length > 0 && (bytes[length] & 0xC0) == 0x80)
            length--;
        PutOption(option, bytes.AsSpan(0, length));
    }

    private void PutFlags(uint flags)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, flags);
        PutOption(FlagsOption, bytes);
    }

    private void PutOption(ushort option, ReadOnlySpan<byte> value)
    {
        Put(option);
        Put((ushort)value.Length);
        PutPadded(value);
    }

    private void EndOptions() => Put(0u);

    private void WriteBlock(uint type)
    {
        // Type and length before the body, and the length once more behind it.
        var length = (uint)_block.WrittenCount + (3 * sizeof(uint));
        Span<byte> head = stackalloc byte[2 * sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(head, type);
        BinaryPrimitives.WriteUInt32LittleEndian(head[sizeof(uint)..], length);
        _stream.Write(head);
        _stream.Write(_block.WrittenSpan);
        _stream.Write(head[sizeof(uint)..]);
        _block.ResetWrittenCount();
    }
}

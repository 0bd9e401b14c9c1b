using System.Buffers.Binary;
using System.Diagnostics;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>
/// What a side channel says of a traced message, 48 bytes: source and destination queue pair, first and last PSN, each as four bytes
/// big-endian, the context of the sender's span, and 0 up to the last byte, which is the version, 1.
/// </summary>
/// <param name="Message">The connection and the first PSN.</param>
/// <param name="Last">The PSN of the last packet, or of the last answer.</param>
/// <param name="Context">The sender's span.</param>
internal readonly record struct TraceRecord(MessageKey Message, uint Last, ActivityContext Context)
{
    public const int Length = 48;

    private const int ContextOffset = 16;
    private const byte Version = 1;

    public void Write(Span<byte> bytes)
    {
        bytes[..Length].Clear();
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Message.Source);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[4..], Message.Destination);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[8..], Message.First);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[12..], Last);
        ContextBytes.Write(Context, bytes[ContextOffset..]);
        bytes[Length - 1] = Version;
    }

    /// <summary>Reads a record; false for a version that is not known here.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out TraceRecord record)
    {
        record = default;
        if (bytes.Length < Length || bytes[Length - 1] != Version)
            return false;
        var message = new MessageKey(
            BinaryPrimitives.ReadUInt32BigEndian(bytes), BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]));
        record = new TraceRecord(message, BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]), ContextBytes.Read(bytes[ContextOffset..]));
        return true;
    }
}

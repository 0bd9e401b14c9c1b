using System.Diagnostics;

namespace RdmaPipeline.Transport.Tracing;

/// <summary>A span's context as bytes: flags, two of 0, 16 of trace id, 8 of span id, as the W3C's trace context has them.</summary>
internal static class ContextBytes
{
    /// <summary>How many.</summary>
    public const int Length = TraceIdOffset + TraceIdLength + SpanIdLength;

    private const int TraceIdOffset = 3;
    private const int TraceIdLength = 16;
    private const int SpanIdLength = 8;

    public static void Write(in ActivityContext context, Span<byte> bytes)
    {
        bytes[0] = (byte)context.TraceFlags;
        context.TraceId.CopyTo(bytes.Slice(TraceIdOffset, TraceIdLength));
        context.SpanId.CopyTo(bytes.Slice(TraceIdOffset + TraceIdLength, SpanIdLength));
    }

    public static ActivityContext Read(ReadOnlySpan<byte> bytes) => new(
        ActivityTraceId.CreateFromBytes(bytes.Slice(TraceIdOffset, TraceIdLength)),
        ActivitySpanId.CreateFromBytes(bytes.Slice(TraceIdOffset + TraceIdLength, SpanIdLength)),
        (ActivityTraceFlags)(bytes[0] & 1),
        isRemote: true);
}

using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Framing;

/// <summary>Finds the transport packet in a native InfiniBand frame.</summary>
public static class NativeFrame
{
    private const int WordLength = 4;

    /// <summary>Looks at the link and network headers. The caller checks the VCRC before anything else (R-WIRE-25).</summary>
    /// <param name="frame">From the LRH through the VCRC.</param>
    /// <returns>Where things are. Any bytes give an answer.</returns>
    public static FrameLayout Locate(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < Lrh.Length)
            return FrameLayout.Bad(FrameKind.NativeLocal, 0, DropReason.BadLength);
        if (!Lrh.TryParse(frame, out var lrh))
            return FrameLayout.Bad(FrameKind.NativeLocal, 0, DropReason.BadHeader);
        if ((lrh.PacketLength * WordLength) + Vcrc.Length != frame.Length)
            return FrameLayout.Bad(KindOf(lrh), 0, DropReason.BadLength);
        return KindOf(lrh) switch
        {
            FrameKind.NativeRaw => new FrameLayout(FrameKind.NativeRaw, 0, 0, 0, DropReason.None),
            FrameKind.NativeLocal => FrameLayout.Judge(FrameKind.NativeLocal, 0, Lrh.Length,
                (lrh.PacketLength * WordLength) - Lrh.Length, frame.Length - Vcrc.Length),
            _ => LocateGlobal(frame[..^Vcrc.Length]),
        };
    }

    private static FrameKind KindOf(in Lrh lrh) => lrh.NextHeader switch
    {
        LinkNextHeader.IbaLocal => FrameKind.NativeLocal,
        LinkNextHeader.IbaGlobal => FrameKind.NativeGlobal,
        _ => FrameKind.NativeRaw,
    };

    // R-WIRE-4; the two lengths must tell the same story.
    private static FrameLayout LocateGlobal(ReadOnlySpan<byte> covered)
    {
        var transportOffset = Lrh.Length + Grh.Length;
        if (covered.Length < transportOffset)
            return FrameLayout.Bad(FrameKind.NativeGlobal, Lrh.Length, DropReason.BadLength);
        if (!Grh.TryParse(covered[Lrh.Length..], out var grh))
            return FrameLayout.Bad(FrameKind.NativeGlobal, Lrh.Length, DropReason.BadHeader);
        return grh.PayloadLength == covered.Length - transportOffset
            ? FrameLayout.Judge(FrameKind.NativeGlobal, Lrh.Length, transportOffset, grh.PayloadLength, covered.Length)
            : FrameLayout.Bad(FrameKind.NativeGlobal, Lrh.Length, DropReason.BadLength);
    }
}

using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing.Crc;

namespace RdmaPipeline.Backends.Framing;

/// <summary>The invariant CRC of every link format. Values are such that the wire holds their little-endian bytes.</summary>
public static class Icrc
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 4;

    // Masked headers and the first transport bytes go through the kernel as one widest vector, the rest where it lies.
    private const int FirstStretch = 64;

    /// <summary>Computes the ICRC of a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="layout">A layout whose offsets lie inside the frame.</param>
    /// <returns>The ICRC; its low byte goes first on the wire.</returns>
    /// <exception cref="ArgumentException">The layout has no transport packet.</exception>
    public static uint Compute(ReadOnlySpan<byte> frame, in FrameLayout layout)
    {
        if (layout.TransportLength < FrameLayout.MinTransportLength)
            throw new ArgumentException($"A transport packet of {layout.TransportLength} bytes has no ICRC.", nameof(layout));
        var prefixLength = IcrcMask.LengthOf(layout.Kind);
        Span<byte> prefix = stackalloc byte[FirstStretch];
        frame.Slice(layout.TransportOffset - prefixLength, prefixLength).CopyTo(prefix);
        IcrcMask.Apply(prefix[..prefixLength], layout.Kind);
        return Compute(IcrcMask.SeedOf(layout.Kind), prefix, prefixLength,
            frame.Slice(layout.TransportOffset, layout.TransportLength - Length));
    }

    /// <summary>Whether a frame carries the ICRC that its bytes give.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="layout">A layout whose offsets lie inside the frame.</param>
    public static bool Verify(ReadOnlySpan<byte> frame, in FrameLayout layout) =>
        Compute(frame, layout) == Read(frame.Slice(layout.TransportOffset, layout.TransportLength));

    /// <summary>Writes the ICRC into the last four bytes of the transport packet.</summary>
    /// <param name="frame">The frame, complete but for its ICRC.</param>
    /// <param name="layout">A layout whose offsets lie inside the frame.</param>
    public static void Write(Span<byte> frame, in FrameLayout layout) =>
        BinaryPrimitives.WriteUInt32LittleEndian(
            frame.Slice(layout.TransportOffset + layout.TransportLength - Length, Length), Compute(frame, layout));

    internal static uint Read(ReadOnlySpan<byte> transport) => BinaryPrimitives.ReadUInt32LittleEndian(transport[^Length..]);

    /// <summary>Sums masked headers and a transport packet.</summary>
    /// <param name="seed">The register before the headers.</param>
    /// <param name="scratch">64 bytes that begin with the masked headers; the rest is written over.</param>
    /// <param name="prefixLength">Bytes of masked headers.</param>
    /// <param name="covered">BTH through pad.</param>
    internal static uint Compute(uint seed, Span<byte> scratch, int prefixLength, ReadOnlySpan<byte> covered)
    {
        var head = Math.Min(FirstStretch - prefixLength, covered.Length);
        covered[..head].CopyTo(scratch[prefixLength..]);
        scratch[prefixLength + IcrcMask.BthCongestionByte] = 0xFF;
        var register = Crc32.Append(seed, scratch[..(prefixLength + head)]);
        return ~Crc32.Append(register, covered[head..]);
    }
}

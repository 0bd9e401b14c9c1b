using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Framing;

/// <summary>Where the pieces of one frame lie, in bytes from its start.</summary>
/// <param name="Kind">The stack of headers; <see cref="FrameKind.None"/> when it is no RDMA packet.</param>
/// <param name="NetworkOffset">First byte of the IP header or the GRH; of the LRH when there is neither.</param>
/// <param name="TransportOffset">First byte of the BTH.</param>
/// <param name="TransportLength">Bytes from the BTH through the ICRC, by the authority of the link (R-WIRE-1, R-WIRE-2).</param>
/// <param name="Fault">
/// Why the frame must be dropped: steps 1 to 3 of the receive validation; lengths and offsets are only sure without.
/// </param>
public readonly record struct FrameLayout(FrameKind Kind, int NetworkOffset, int TransportOffset, int TransportLength, DropReason Fault)
{
    /// <summary>The shortest transport packet: BTH and ICRC.</summary>
    public const int MinTransportLength = 16;

    /// <summary>Whether the frame is an RDMA packet that its link and network headers allow.</summary>
    public bool IsSound => Kind is not FrameKind.None and not FrameKind.NativeRaw && Fault == DropReason.None;

    internal static FrameLayout NotRdma => default;

    /// <summary>Judges the transport length against the bytes there are.</summary>
    internal static FrameLayout Judge(FrameKind kind, int networkOffset, int transportOffset, int transportLength, int available)
    {
        var fits = transportLength >= MinTransportLength && transportLength <= available - transportOffset;
        return new FrameLayout(kind, networkOffset, transportOffset, transportLength, fits ? DropReason.None : DropReason.BadLength);
    }

    internal static FrameLayout Bad(FrameKind kind, int networkOffset, DropReason reason) => new(kind, networkOffset, 0, 0, reason);
}

using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Decode;

/// <summary>One RDMA packet of a capture, taken apart.</summary>
internal sealed record DissectedPacket
{
    public required int Number { get; init; }

    public required long Nanoseconds { get; init; }

    public required FrameKind Kind { get; init; }

    public IReadOnlyList<DissectedHeader> Headers { get; init; } = [];

    public int PayloadLength { get; init; }

    /// <summary>Why a receiver would drop it before looking at the ICRC.</summary>
    public DropReason Fault { get; init; }

    public CrcVerdict? Icrc { get; init; }

    public CrcVerdict? Vcrc { get; init; }

    public string? Comment { get; init; }

    public bool IsGood => Fault == DropReason.None && Icrc is { IsRight: true } && Vcrc is null or { IsRight: true };
}

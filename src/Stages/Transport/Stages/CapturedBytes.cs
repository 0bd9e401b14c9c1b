using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport.Stages;

/// <summary>What a capture keeps of a packet beside its bytes.</summary>
/// <param name="Nanoseconds">Its time, since 1970.</param>
/// <param name="Length">Bytes there are.</param>
/// <param name="Kept">Bytes kept, from the first on.</param>
/// <param name="IsNative">Whether the link is native InfiniBand.</param>
/// <param name="HasLink">Whether link headers are among them; else they begin with the BTH.</param>
/// <param name="HasIcrc">Whether the last of them are an ICRC.</param>
/// <param name="Path">The network path it takes.</param>
/// <param name="Drop">Why an earlier stage found it bad.</param>
internal readonly record struct CapturedBytes(
    long Nanoseconds, int Length, int Kept, bool IsNative, bool HasLink, bool HasIcrc, FlowPath Path, DropReason Drop)
{
    private static readonly string?[] Comments = new string?[DropReasons.Count];

    /// <summary>What is known of it beside its bytes; null for nothing.</summary>
    public string? Comment => Drop == DropReason.None ? null : Comments[(int)Drop] ??= $"dropped: {DropReasons.Name(Drop)}";
}

using RdmaPipeline.Backends.Captures;

namespace RdmaPipeline.Testing.Captures;

/// <summary>One packet of a capture file.</summary>
/// <param name="Number">Position in the file, from 1.</param>
/// <param name="LinkType">What the bytes begin with.</param>
/// <param name="Nanoseconds">Time of capture since 1970, in nanoseconds; 0 where the file has none.</param>
/// <param name="Data">The bytes that were kept.</param>
/// <param name="OriginalLength">The length on the wire; more than there is data when the capture cut the packet.</param>
/// <param name="Comment">The comment of a pcapng packet.</param>
public sealed record CapturedPacket(
    int Number, LinkLayerType LinkType, long Nanoseconds, ReadOnlyMemory<byte> Data, long OriginalLength, string? Comment = null)
{
    /// <summary>Whether the capture kept fewer bytes than there were.</summary>
    public bool IsCut => Data.Length < OriginalLength;
}

namespace RdmaPipeline.Hosting.Control.Taps;

/// <summary>A packet that passed an edge.</summary>
/// <param name="Nanoseconds">When, since 1970.</param>
/// <param name="Frame">The frame, beginning with what its link begins with.</param>
/// <param name="Comment">What is known of it beside its bytes: why it will be dropped; null for nothing.</param>
public sealed record TappedPacket(long Nanoseconds, byte[] Frame, string? Comment)
{
    /// <summary>Bytes there were, where the frame is cut; null for a whole one.</summary>
    public int? OriginalLength { get; init; }
}

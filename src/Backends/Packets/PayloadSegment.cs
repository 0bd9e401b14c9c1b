namespace RdmaPipeline.Backends.Packets;

/// <summary>A piece of payload in registered, hence pinned, memory; the codec copies it into the frame.</summary>
/// <param name="Address">First byte.</param>
/// <param name="Length">Bytes, at least 0.</param>
public readonly record struct PayloadSegment(nint Address, int Length);

namespace RdmaPipeline.Verbs;

/// <summary>Memory of this process that a fast registration maps. It must stay mapped, and managed memory pinned.</summary>
/// <param name="Address">Its first byte.</param>
/// <param name="Length">Bytes; 0 is legal and skipped.</param>
public readonly record struct MemoryPiece(nint Address, ulong Length);

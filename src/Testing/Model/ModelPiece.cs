namespace RdmaPipeline.Testing.Model;

/// <summary>A stretch of modelled memory, as an entry of a work request or a remote address names it.</summary>
/// <param name="Memory">The memory.</param>
/// <param name="Offset">Its first byte.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct ModelPiece(ModelMemory Memory, int Offset, int Length);

namespace RdmaPipeline.Verbs;

/// <summary>Memory that a fast-registration region has mapped (map_mr_sg). Never changes.</summary>
/// <param name="Start">The first address as work requests and peers give it.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Pointer">Where the first byte lies, when all lie in one piece.</param>
/// <param name="Layout">Where they lie otherwise; else null.</param>
internal sealed record MemoryMapping(ulong Start, ulong Length, nint Pointer, MemoryLayout? Layout);

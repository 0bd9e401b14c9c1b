namespace RdmaPipeline.Protocol;

/// <summary>Which partition keys let two queue pairs talk (wire.md section 7).</summary>
internal static class PartitionKeys
{
    /// <summary>The default partition, full member.</summary>
    public const ushort Default = 0xFFFF;

    private const ushort FullMember = 0x8000;
    private const ushort KeyMask = 0x7FFF;

    /// <summary>Whether two P_Keys match: same non-zero low 15 bits, and at least one full member (R-WIRE-26).</summary>
    public static bool Match(ushort left, ushort right) =>
        ((left ^ right) & KeyMask) == 0 && (left & KeyMask) != 0 && ((left | right) & FullMember) != 0;
}

using System.Runtime.InteropServices;

namespace RdmaPipeline.Verbs;

/// <summary>A counter alone on its cache lines, so that producers and consumers do not slow each other down.</summary>
[StructLayout(LayoutKind.Explicit, Size = 192)]
internal struct PaddedLong
{
    [FieldOffset(64)]
    public long Value;
}

namespace RdmaPipeline.Backends.Framing.Crc;

/// <summary>The kernel only sums; the destination is not used.</summary>
internal readonly struct SumOnly : ICopyMode
{
    public static bool Copies => false;
}

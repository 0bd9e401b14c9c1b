namespace RdmaPipeline.Backends.Framing.Crc;

/// <summary>The kernel stores every byte it has summed.</summary>
internal readonly struct SumAndCopy : ICopyMode
{
    public static bool Copies => true;
}

namespace RdmaPipeline.Verbs;

/// <summary>Where the bytes of a region lie when they do not lie in one piece. Never changes.</summary>
internal abstract class MemoryLayout
{
    /// <summary>Finds a byte.</summary>
    /// <param name="offset">Its distance from the first byte of the region.</param>
    /// <param name="length">Bytes wanted from there on, all inside the region.</param>
    /// <param name="writes">They are to be written.</param>
    /// <param name="piece">Bytes that follow one another in memory, from 1 to <paramref name="length"/>; 0 when that is 0.</param>
    /// <returns>Where it lies in this process.</returns>
    public abstract nint Locate(ulong offset, ulong length, bool writes, out ulong piece);
}

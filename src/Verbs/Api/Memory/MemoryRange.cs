namespace RdmaPipeline.Verbs;

/// <summary>The rules of reg_mr about ranges (verbs.md 3).</summary>
internal static class MemoryRange
{
    /// <summary>Refuses memory that cannot be.</summary>
    /// <param name="pointer">Its first byte.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="RdmaException">EFAULT: the null address with a length. EINVAL: the range overflows.</exception>
    public static void Check(nint pointer, ulong length)
    {
        if (pointer == 0 && length != 0)
            throw new RdmaException(VerbsErrno.EFAULT, $"addr is 0 with a length of {length}: give the address of mapped memory");
        if ((nuint)pointer > nuint.MaxValue - (nuint)length || length > nuint.MaxValue)
            throw RdmaException.Invalid($"addr 0x{(nuint)pointer:x} + length {length} overflows the address space");
    }

    /// <summary>Refuses addresses for peers that cannot be.</summary>
    /// <param name="start">The first one.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="RdmaException">EINVAL: the range overflows.</exception>
    public static void CheckStart(ulong start, ulong length)
    {
        if (start > ulong.MaxValue - length)
            throw RdmaException.Invalid($"iova 0x{start:x} + length {length} overflows 64 bits");
    }

    /// <summary>The first address as work requests and peers give it.</summary>
    /// <param name="provider">Whose memory it becomes.</param>
    /// <param name="pointer">Where the first byte lies.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="access">Whether the region is zero-based.</param>
    /// <param name="iova">What the caller wants, or null.</param>
    /// <returns>0, the iova, or the memory's own address.</returns>
    /// <exception cref="RdmaException">EINVAL: the range overflows, or an iova in a zero-based region.</exception>
    public static ulong StartOf(IVerbsProvider provider, nint pointer, ulong length, AccessFlags access, ulong? iova)
    {
        bool isZeroBased = (access & AccessFlags.ZeroBased) != 0;
        if (isZeroBased && iova is not (null or 0))
            throw RdmaException.Invalid($"iova is 0x{iova:x} in a zero-based region: leave it out");
        ulong start = isZeroBased ? 0 : iova ?? provider.AddressOf(pointer, length);
        CheckStart(start, length);
        return start;
    }
}

namespace RdmaPipeline.Verbs;

/// <content>Fast registration: memory is mapped here and comes into force by a work request (<see cref="FastRegistration"/>).</content>
public sealed partial class MemoryRegion
{
    private MemoryMapping? _mapping;

    /// <summary>Pages that <see cref="Map"/> can put together; 0 but for a fast registration.</summary>
    public int MaxPages { get; internal init; }

    /// <summary>What was mapped last; null before.</summary>
    internal MemoryMapping? Mapping => Volatile.Read(ref _mapping);

    /// <summary>
    /// Puts pieces of memory together for the next registration (map_mr_sg); a registration in force keeps what it has. Only the first
    /// piece may begin, and only the last end, inside a page, unless a piece goes on where the one before has ended: a gap ends the
    /// mapping, and so does a piece for which there are not enough pages.
    /// </summary>
    /// <param name="pieces">The memory; the caller keeps it mapped, and pinned, while the registration is in force.</param>
    /// <param name="pageSize">
    /// Bytes of a page: a power of two from 4096, one of the device's <see cref="DeviceAttributes.PageSizes"/>.
    /// </param>
    /// <param name="iova">The address by which work requests and peers name the first byte; its own address unless said otherwise.</param>
    /// <returns>How many pieces were mapped, from the first one on.</returns>
    /// <exception cref="RdmaException">
    /// EINVAL: not a fast registration, or the page size is not offered. EFAULT: a piece at the null address. EINVAL: a range overflows.
    /// </exception>
    public int Map(ReadOnlySpan<MemoryPiece> pieces, int pageSize = 4096, ulong? iova = null)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (Type != MemoryRegionType.FastRegistration)
            throw RdmaException.Invalid($"mr is of type {Type}: only a fast registration maps memory");
        if (pageSize <= 0 || !int.IsPow2(pageSize) || (ProtectionDomain.Device.Attributes.PageSizes & (ulong)pageSize) == 0)
            throw RdmaException.Invalid($"page_size is {pageSize}; page_size_cap is 0x{ProtectionDomain.Device.Attributes.PageSizes:x}");
        var pages = new PageList(pageSize, MaxPages);
        int count = 0;
        for (; count < pieces.Length; count++)
        {
            MemoryRange.Check(pieces[count].Address, pieces[count].Length);
            if (!pages.TryAdd(pieces[count]))
                break;
        }

        MemoryMapping mapping = pages.ToMapping(iova);
        MemoryRange.CheckStart(mapping.Start, mapping.Length);
        Volatile.Write(ref _mapping, mapping);
        return count;
    }

    /// <summary>The shard has executed a registration.</summary>
    internal void Accept(MemoryRegionEntry registration) => Volatile.Write(ref _current, registration);
}

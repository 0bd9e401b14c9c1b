using System.Numerics;

namespace RdmaPipeline.Verbs;

/// <summary>Pages of one size from anywhere in this process, one after the other (map_mr_sg).</summary>
/// <param name="pages">Their first bytes, each a multiple of the page size.</param>
/// <param name="pageSize">A power of two.</param>
/// <param name="first">Where in the first page the region begins.</param>
internal sealed class PagedLayout(nint[] pages, int pageSize, int first) : MemoryLayout
{
    private readonly int _shift = BitOperations.Log2((uint)pageSize);

    /// <inheritdoc/>
    public override nint Locate(ulong offset, ulong length, bool writes, out ulong piece)
    {
        ulong position = offset + (ulong)first;
        int page = (int)(position >> _shift);
        int inPage = (int)(position & (ulong)(pageSize - 1));
        if (page == pages.Length)
        {
            // Nothing is wanted right behind the last page.
            piece = 0;
            return pages[^1] + pageSize;
        }

        nint start = pages[page] + inPage;
        ulong follows = (ulong)(pageSize - inPage);
        while (follows < length && pages[page + 1] == pages[page] + pageSize)
        {
            page++;
            follows += (ulong)pageSize;
        }

        piece = Math.Min(follows, length);
        return start;
    }
}

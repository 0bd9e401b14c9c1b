namespace RdmaPipeline.Verbs;

/// <summary>
/// Puts pieces of memory together page by page: only the first may begin, and only the last end, inside a page, unless a piece goes on
/// where the one before has ended.
/// </summary>
/// <param name="pageSize">Bytes of a page, a power of two.</param>
/// <param name="maxPages">Pages there may be.</param>
internal sealed class PageList(int pageSize, int maxPages)
{
    private readonly List<nint> _pages = [];
    private readonly nint _mask = pageSize - 1;
    private nint _first;
    private nint _end;
    private ulong _length;
    private bool _isInOnePiece = true;

    /// <summary>Appends a piece.</summary>
    /// <param name="piece">An empty one changes nothing.</param>
    /// <returns>False, and nothing changed: there would be a gap, or too many pages.</returns>
    public bool TryAdd(MemoryPiece piece)
    {
        if (piece.Length == 0)
            return true;
        bool isFirst = _length == 0;
        bool follows = !isFirst && piece.Address == _end;
        if (!isFirst && !follows && ((piece.Address | _end) & _mask) != 0)
            return false;
        // What goes on inside the last page has that page already.
        nint page = (follows ? piece.Address + _mask : piece.Address) & ~_mask;
        nint stop = piece.Address + (nint)piece.Length;
        if (_pages.Count + ((stop - page + _mask) / pageSize) > maxPages)
            return false;
        for (; page < stop; page += pageSize)
            _pages.Add(page);
        if (isFirst)
            _first = piece.Address;
        _isInOnePiece &= isFirst || follows;
        _length += piece.Length;
        _end = stop;
        return true;
    }

    /// <summary>What has been put together.</summary>
    /// <param name="iova">The address of the first byte as work requests and peers give it; its own when null.</param>
    /// <returns>The mapping.</returns>
    public MemoryMapping ToMapping(ulong? iova) => new(iova ?? (ulong)_first, _length, _isInOnePiece ? _first : 0,
        _isInOnePiece ? null : new PagedLayout([.. _pages], pageSize, (int)(_first & _mask)));
}

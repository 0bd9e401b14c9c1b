using System.Runtime.InteropServices;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>A fast-registration region over pages in reverse order, which begins and ends inside a page.</summary>
internal sealed unsafe class FastPages : IDisposable
{
    public const int Length = Head + (Whole * Page) + Tail;

    private const int Page = 4096;
    private const int Head = 1000;
    private const int Whole = 14;
    private const int Tail = 333;

    private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc((Whole + 2) * Page, Page);
    private readonly MemoryPiece[] _pieces = new MemoryPiece[Whole + 2];
    private readonly MemoryRegion _region;

    public FastPages(ProtectionDomain domain)
    {
        for (int i = 0; i < _pieces.Length; i++)
            _pieces[i] = new MemoryPiece((nint)(_memory + ((_pieces.Length - 1 - i) * Page)), Page);
        _pieces[0] = new MemoryPiece(_pieces[0].Address + Page - Head, Head);
        _pieces[^1] = _pieces[^1] with { Length = Tail };
        _region = domain.AllocateRegion(MemoryRegionType.FastRegistration, _pieces.Length);
    }

    /// <summary>The contents in the order of the region's addresses.</summary>
    public byte[] Logical { get; } = new byte[Length];

    /// <summary>Maps the pages and makes a registration for all rights.</summary>
    public FastRegistration Register()
    {
        Assert.Equal(_pieces.Length, _region.Map(_pieces));
        return new FastRegistration(_region, DevicePair.FullAccess);
    }

    /// <summary>Writes <see cref="Logical"/> to the pages.</summary>
    public void Store() => EachPiece((logical, page) => logical.CopyTo(page));

    /// <summary>Reads the pages into <see cref="Logical"/>.</summary>
    public void Load() => EachPiece((logical, page) => page.CopyTo(logical));

    public void Dispose()
    {
        _region.Dispose();
        NativeMemory.AlignedFree(_memory);
    }

    private void EachPiece(Copy copy)
    {
        int offset = 0;
        foreach (var (address, length) in _pieces)
        {
            copy(Logical.AsSpan(offset, (int)length), new Span<byte>((void*)address, (int)length));
            offset += (int)length;
        }
    }

    private delegate void Copy(Span<byte> logical, Span<byte> page);
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RdmaPipeline.Verbs;

/// <summary>Memory that reads as zero and forgets what is written (alloc_null_mr), at any address and of any length.</summary>
internal sealed class NullLayout : MemoryLayout
{
    // No packet carries more; longer accesses go piece by piece.
    private const int PieceLength = 16 * 1024;

    private static readonly byte[] Zeros = GC.AllocateArray<byte>(PieceLength, pinned: true);
    private static readonly byte[] Sink = GC.AllocateArray<byte>(PieceLength, pinned: true);

    /// <inheritdoc/>
    public override unsafe nint Locate(ulong offset, ulong length, bool writes, out ulong piece)
    {
        piece = Math.Min(length, PieceLength);
        return (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(writes ? Sink : Zeros));
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RdmaPipeline.Verbs;

/// <summary>The send queue: posted by any thread, consumed by the shard. Inline data lie in pinned memory beside the slots.</summary>
internal sealed class SendQueueRing : WorkQueueRing<SendWqe>
{
    private readonly byte[] _inline;
    private readonly nint _inlineAddress;

    public unsafe SendQueueRing(int capacity, int maxEntries, int maxInline)
        : base(capacity, maxEntries)
    {
        MaxInline = maxInline;
        _inline = GC.AllocateUninitializedArray<byte>(checked(StorageFor(capacity) * maxInline), pinned: true);
        _inlineAddress = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_inline));
    }

    /// <summary>Bytes of inline data per slot.</summary>
    public int MaxInline { get; }

    /// <summary>The inline area of an index, <see cref="MaxInline"/> bytes; the slot's length says how many are in use.</summary>
    /// <param name="index">The ticket.</param>
    /// <returns>The bytes in place.</returns>
    public Span<byte> Inline(long index) => _inline.AsSpan((int)SlotIndex(index) * MaxInline, MaxInline);

    /// <summary>The address of the inline area of an index; valid until the index is retired.</summary>
    /// <param name="index">The ticket.</param>
    /// <returns>A pinned address.</returns>
    public nint InlineAddress(long index) => _inlineAddress + (nint)(SlotIndex(index) * MaxInline);
}

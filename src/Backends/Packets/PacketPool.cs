using System.Runtime.CompilerServices;

namespace RdmaPipeline.Backends.Packets;

/// <summary>
/// Bursts of one back-end, kept for ever. <see cref="Rent"/> belongs to the back-end's shard; a burst may be released on any thread.
/// </summary>
/// <remarks>
/// Releases push on a stack by compare-and-swap; the owner takes the whole stack by one exchange, so a node is never popped while
/// another thread looks at it and the ABA problem cannot arise. The owner looks there first: the burst released last is the one whose
/// slab is still in the cache.
/// </remarks>
public sealed class PacketPool
{
    /// <summary>Bytes of each burst's slab: two of the largest datagrams, or two messages of 64 KiB with their headers.</summary>
    public const int SlabBytes = 2 * (65536 + 4096);

    private const int HeaderBytes = PacketBurst.MaxPackets * PacketBurst.HeaderAreaBytes;
    private const int BurstsPerChunk = 4;
    private const int Alignment = 64;

    private readonly List<byte[]> _chunks = [];
    private PacketBurst? _free;
    private PacketBurst? _returned;
    private long _rents;
    private long _returns;
    private int _created;

    /// <summary>Bursts rented and not yet returned. Exact while nobody rents or releases; a leak test wants 0.</summary>
    public int Outstanding => (int)(Volatile.Read(ref _rents) - Volatile.Read(ref _returns));

    /// <summary>Bursts ever made: the high-water mark, rounded up to whole chunks.</summary>
    public int Created => Volatile.Read(ref _created);

    /// <summary>Takes an empty burst with one reference. Never fails: the pool grows by a chunk when it is empty.</summary>
    /// <returns>A burst that the caller owns.</returns>
    public PacketBurst Rent()
    {
        if (Volatile.Read(ref _returned) is not null)
            TakeReturned();
        if (_free is null)
            Grow();
        var burst = _free!;
        _free = burst.Next;
        burst.Next = null;
        burst.Reset();
        Volatile.Write(ref _rents, _rents + 1);
        return burst;
    }

    internal void Return(PacketBurst burst)
    {
        Interlocked.Increment(ref _returns);
        var head = Volatile.Read(ref _returned);
        while (true)
        {
            burst.Next = head;
            var seen = Interlocked.CompareExchange(ref _returned, burst, head);
            if (ReferenceEquals(seen, head))
                return;
            head = seen;
        }
    }

    private void TakeReturned()
    {
        var newest = Interlocked.Exchange(ref _returned, null)!;
        var oldest = newest;
        while (oldest.Next is { } next)
            oldest = next;
        oldest.Next = _free;
        _free = newest;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private unsafe void Grow()
    {
        // Memory the collector owns: a burst still lying in another device's ring keeps its slab alive after this back-end is gone.
        const int stride = SlabBytes + HeaderBytes;
        var chunk = GC.AllocateUninitializedArray<byte>((BurstsPerChunk * stride) + Alignment, pinned: true);
        _chunks.Add(chunk);
        var start = ((nint)Unsafe.AsPointer(ref chunk[0]) + Alignment - 1) & ~(nint)(Alignment - 1);
        for (var i = 0; i < BurstsPerChunk; i++)
        {
            var slab = start + (i * stride);
            _free = new PacketBurst(this, slab, SlabBytes, slab + SlabBytes) { Next = _free };
        }

        Volatile.Write(ref _created, _created + BurstsPerChunk);
    }
}

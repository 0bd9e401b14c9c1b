using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>The buffers with data that were not read yet, the oldest first. Under the stream's lock, but for the copying.</summary>
internal sealed class ReceiveSlots(MemoryRegion region, int count, int size)
{
    // The region lets go of it when it is disposed of, perhaps while somebody copies.
    private readonly Memory<byte> _memory = region.Memory;
    private readonly (int Slot, int Length)[] _filled = new (int, int)[count];
    private long _head;
    private long _tail;
    private int _offset;

    /// <summary>Whether there is nothing to read.</summary>
    public bool IsEmpty => _head == _tail;

    /// <summary>The unread rest of the oldest buffer.</summary>
    public ReadOnlySpan<byte> Front
    {
        get
        {
            var (slot, length) = _filled[_head % count];
            return _memory.Span.Slice((slot * size) + _offset, length - _offset);
        }
    }

    /// <summary>Hands the oldest buffer out: its unread rest, and its number, by which it is posted again.</summary>
    public (int Slot, ReadOnlyMemory<byte> Data) Take()
    {
        var (slot, length) = _filled[_head++ % count];
        var data = _memory.Slice((slot * size) + _offset, length - _offset);
        _offset = 0;
        return (slot, data);
    }

    /// <summary>The memory of a buffer.</summary>
    public ScatterGatherEntry Entry(int slot) => region.Entry((ulong)(slot * size), (ulong)size);

    /// <summary>Data have come into a buffer.</summary>
    public void Add(int slot, int length) => _filled[_tail++ % count] = (slot, length);

    /// <summary>Bytes of the oldest buffer were read.</summary>
    /// <returns>The buffer, if that was its rest: it may be posted again.</returns>
    public int? Consume(int bytes)
    {
        var (slot, length) = _filled[_head % count];
        _offset += bytes;
        if (_offset < length)
            return null;
        _offset = 0;
        _head++;
        return slot;
    }
}

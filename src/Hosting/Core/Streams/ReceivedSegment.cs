using System.Buffers;

namespace RdmaPipeline.Hosting.Streams;

/// <summary>A received buffer in a sequence, or a copy of one.</summary>
internal sealed class ReceivedSegment : ReadOnlySequenceSegment<byte>
{
    private byte[]? _copy;

    /// <summary>The stream's buffer, to be given back; null for a copy.</summary>
    public int? Slot { get; private set; }

    /// <summary>The next one in the sequence, or among those that are free.</summary>
    public ReceivedSegment? Following
    {
        get => (ReceivedSegment?)Next;
        set => Next = value;
    }

    /// <summary>Where it ends, counted from the beginning of the stream.</summary>
    public long End => RunningIndex + Memory.Length;

    public void Set(int slot, ReadOnlyMemory<byte> data, long start) => (Slot, Memory, RunningIndex, Next) = (slot, data, start, null);

    /// <summary>Goes on with a copy; the stream's buffer is free.</summary>
    public void Copy()
    {
        _copy = ArrayPool<byte>.Shared.Rent(Memory.Length);
        Memory.CopyTo(_copy);
        (Slot, Memory) = (null, _copy.AsMemory(0, Memory.Length));
    }

    /// <summary>Holds nothing any more.</summary>
    public void Clear()
    {
        if (_copy is not null)
            ArrayPool<byte>.Shared.Return(_copy);
        (_copy, Slot, Memory) = (null, null, default);
    }
}

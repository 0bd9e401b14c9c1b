namespace RdmaPipeline.Testing.Model;

/// <summary>
/// A READ under way: what it brings was at its source at some moment after every earlier work request of its queue pair was executed there
/// (R-REQ-31), and before it completed.
/// </summary>
internal sealed class ModelRead(IReadOnlyList<ModelPiece> sink, ModelMemory source, int offset, ModelOperation operation) : ModelEffect(sink)
{
    private readonly List<(int Offset, byte[] Bytes)> _overwritten = [];
    private readonly List<ModelEffect> _adopted = [];

    /// <summary>It begins to look.</summary>
    public void Open()
    {
        source.Readers.Add(this);
        Begin();
    }

    /// <summary>Something at the source is about to be overwritten, which the READ may still have seen.</summary>
    public void Remember(int start, ReadOnlySpan<byte> before, ModelOperation? by)
    {
        if (by is not null && by.QueuePair == operation.QueuePair && by.Index < operation.Index) return;
        if (start < offset + Length && offset < start + before.Length) _overwritten.Add((start, before.ToArray()));
    }

    /// <summary>Something that may have been at the source will not come there any more.</summary>
    public void Remember(ModelEffect effect)
    {
        if (effect != this) _adopted.Add(effect);
    }

    private protected override bool MayPut(int index, byte value)
    {
        var place = offset + index;
        return source.MayHold(place, value)
            || _overwritten.Exists(old => IsIn(place, old.Offset, old.Bytes) && old.Bytes[place - old.Offset] == value)
            || _adopted.Exists(effect => effect.MayPut(source, place, value));
    }

    private static bool IsIn(int place, int offset, byte[] bytes) => place >= offset && place < offset + bytes.Length;

    private protected override void Forget()
    {
        source.Readers.Remove(this);
        base.Forget();
    }
}

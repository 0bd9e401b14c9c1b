namespace RdmaPipeline.Testing.Model;

/// <summary>
/// A READ under way: what it brings was at its source at some moment after every earlier work request of its queue pair was executed there
/// (R-REQ-31), and before it completed.
/// </summary>
internal sealed class ModelRead(IReadOnlyList<ModelPiece> sink, ModelMemory source, int offset, ModelOperation operation)
    : ModelEffect(sink)
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

    private protected override int Explains(int index, ReadOnlySpan<byte> found)
    {
        var place = offset + index;
        var most = source.Explains(place, found);
        foreach (var (start, bytes) in _overwritten)
        {
            if (place >= start && place < start + bytes.Length)
                most = Math.Max(most, found.CommonPrefixLength(bytes.AsSpan(place - start)));
        }

        foreach (var effect in _adopted) most = Math.Max(most, effect.Explains(source, place, found));
        return most;
    }

    private protected override void Forget()
    {
        source.Readers.Remove(this);
        base.Forget();
    }
}

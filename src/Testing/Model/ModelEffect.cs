namespace RdmaPipeline.Testing.Model;

/// <summary>
/// Something that a device may write at any moment, in any part and order, from the post of a work request until it is known what came of
/// it. Outside of it no byte may change.
/// </summary>
public abstract class ModelEffect
{
    private readonly IReadOnlyList<ModelPiece> _pieces;

    private protected ModelEffect(IReadOnlyList<ModelPiece> pieces) => _pieces = pieces;

    /// <summary>Bytes of all pieces.</summary>
    public int Length => _pieces.Sum(piece => piece.Length);

    /// <summary>How much had come about in the memory when it began.</summary>
    internal int Began { get; set; }

    /// <summary>How many of the bytes found at a place, from the first on, it may have put there.</summary>
    internal int Explains(ModelMemory memory, int offset, ReadOnlySpan<byte> found)
    {
        var index = 0;
        foreach (var piece in _pieces)
        {
            var inside = offset - piece.Offset;
            if (piece.Memory == memory && inside >= 0 && inside < piece.Length)
                return Explains(index + inside, found[..Math.Min(found.Length, piece.Length - inside)]);
            index += piece.Length;
        }

        return 0;
    }

    /// <summary>From now on it may happen.</summary>
    internal void Begin()
    {
        foreach (var piece in _pieces) piece.Memory.Begin(this);
    }

    /// <summary>It has happened, and this is what it wrote from the first byte on; behind that nothing was touched.</summary>
    internal void Settle(ReadOnlySpan<byte> data, ModelOperation? by)
    {
        foreach (var piece in _pieces)
        {
            var part = data[..Math.Min(piece.Length, data.Length)];
            piece.Memory.Settle(piece.Offset, part, by, Began);
            data = data[part.Length..];
        }

        Forget();
        Check();
    }

    /// <summary>It can happen no more, and how far it had come is nobody's business: what is there, if it may be there, stays.</summary>
    internal void Adopt(ModelOperation? by = null)
    {
        Check();
        foreach (var piece in _pieces)
        {
            foreach (var reader in piece.Memory.Readers) reader.Remember(this);
            piece.Memory.Adopt(piece.Offset, piece.Length, by);
        }

        Forget();
    }

    /// <summary>Copies what is there.</summary>
    internal byte[] Read() => [.. _pieces.SelectMany(piece => piece.Memory.Actual(piece.Offset, piece.Length).ToArray())];

    private protected abstract int Explains(int index, ReadOnlySpan<byte> found);

    private protected virtual void Forget()
    {
        foreach (var piece in _pieces) piece.Memory.End(this);
    }

    private void Check()
    {
        foreach (var piece in _pieces) piece.Memory.Check(piece.Offset, piece.Length);
    }
}

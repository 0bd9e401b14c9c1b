namespace RdmaPipeline.Testing.Model;

/// <summary>
/// Memory that a device may reach, and what must be in it: each byte holds what was put there last for certain, or what a work request
/// that is not over may have put there. Nothing else, and nothing outside of what such a work request names.
/// </summary>
/// <param name="name">For reports.</param>
/// <param name="actual">The memory.</param>
public sealed class ModelMemory(string name, byte[] actual)
{
    private readonly byte[] _settled = [.. actual];
    private readonly List<ModelEffect> _effects = [];
    private readonly Dictionary<int, ModelWord> _words = [];
    private readonly List<(ModelQueuePair QueuePair, int Offset, byte[] Data)> _settlements = [];

    /// <summary>Bytes.</summary>
    public int Length => actual.Length;

    internal List<ModelRead> Readers { get; } = [];

    /// <summary>The owner writes.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="data">The bytes.</param>
    public void Write(int offset, ReadOnlySpan<byte> data)
    {
        Settle(offset, data, by: null);
        data.CopyTo(actual.AsSpan(offset));
    }

    /// <summary>Checks all of it.</summary>
    /// <exception cref="ModelViolationException">A byte is what it cannot be.</exception>
    public void Check() => Check(0, Length);

    /// <summary>Checks the history of each word that was the target of an atomic; nothing may be on its way any more.</summary>
    /// <exception cref="ModelViolationException">No order of the atomics explains their results.</exception>
    public void CheckWords()
    {
        foreach (var (offset, word) in _words) word.Check(BitConverter.ToUInt64(actual, offset), $"{name} at {offset}");
    }

    /// <summary>What the owner sees.</summary>
    public ReadOnlySpan<byte> Actual(int offset, int length) => actual.AsSpan(offset, length);

    /// <summary>The word at an offset; from now on its value is judged by what atomics return.</summary>
    internal ModelWord Word(int offset)
    {
        if (_words.TryGetValue(offset, out var word)) return word;
        new ModelAnything([new ModelPiece(this, offset, sizeof(ulong))]).Begin();
        return _words[offset] = new ModelWord(BitConverter.ToUInt64(_settled, offset));
    }

    internal void Begin(ModelEffect effect)
    {
        effect.Began = _settlements.Count;
        _effects.Add(effect);
    }

    internal void End(ModelEffect effect) => _effects.Remove(effect);

    /// <summary>An effect has come about, at some moment since it began.</summary>
    /// <param name="offset">Where.</param>
    /// <param name="data">What it wrote.</param>
    /// <param name="by">The work request; null for the owner.</param>
    /// <param name="began">The value of <see cref="ModelEffect.Began"/>.</param>
    internal void Settle(int offset, ReadOnlySpan<byte> data, ModelOperation? by, int began = int.MaxValue)
    {
        var end = offset + data.Length;
        var settled = _settled.AsSpan(offset, data.Length);
        var rivals = _settlements.Skip(began)
            .Where(other => other.QueuePair != by!.QueuePair && other.Offset < end && offset < other.Offset + other.Data.Length).ToList();
        foreach (var reader in Readers)
        {
            reader.Remember(offset, settled, rivals.Count == 0 ? by : null);
            reader.Remember(offset, data, rivals.Count == 0 ? by : null);
        }

        data.CopyTo(settled);
        for (var i = 0; i < data.Length && rivals.Count != 0; i++)
        {
            // Where another queue pair wrote meanwhile, who of the two was first is seen only in what is left.
            var (place, value) = (offset + i, actual[offset + i]);
            var isRivals = rivals.Exists(
                other => place >= other.Offset && place < other.Offset + other.Data.Length && other.Data[place - other.Offset] == value);
            if (isRivals) settled[i] = value;
        }

        if (by is not null) _settlements.Add((by.QueuePair, offset, data.ToArray()));
    }

    internal void Adopt(int offset, int length, ModelOperation? by)
    {
        Settle(offset, Actual(offset, length), by: null);
        if (by is not null) _settlements.Add((by.QueuePair, offset, Actual(offset, length).ToArray()));
    }

    /// <summary>How many of the bytes found at a place, from the first on, may be there.</summary>
    internal int Explains(int offset, ReadOnlySpan<byte> found)
    {
        var most = found.CommonPrefixLength(_settled.AsSpan(offset));
        foreach (var effect in _effects) most = Math.Max(most, effect.Explains(this, offset, found));
        return most;
    }

    private string History(int place) => string.Join(", ", _settlements
        .Where(one => place >= one.Offset && place < one.Offset + one.Data.Length)
        .Select(one => $"{one.Data[place - one.Offset]:x2} by {one.QueuePair.QueuePair.Number:x}"));

    internal void Check(int offset, int length)
    {
        var found = actual.AsSpan(offset, length);
        var right = _settled.AsSpan(offset, length);
        for (var i = 0; (i += found[i..].CommonPrefixLength(right[i..])) < length;)
        {
            var explained = Explains(offset + i, found[i..]);
            i += explained;
            if (explained != 0) continue;
            throw new ModelViolationException(
                $"byte {offset + i} of {name} is {found[i]:x2}; it was {right[i]:x2} and no work request may have changed it to that; "
                + $"written before: {History(offset + i)}");
        }
    }
}

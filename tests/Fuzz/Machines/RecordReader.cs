namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>Takes decisions out of the bytes of an input; behind its end all bytes are 0.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _left = bytes;

    public byte Byte()
    {
        if (_left.IsEmpty) return 0;
        var value = _left[0];
        _left = _left[1..];
        return value;
    }

    public int Below(int bound) => Byte() % bound;

    public int Between(int least, int most) => least + Below(most - least + 1);

    public uint UInt16() => (uint)((Byte() << 8) | Byte());

    /// <summary>True in one of so many cases, and not when the byte is 0.</summary>
    public bool OneIn(int cases) => Byte() % cases == cases - 1;

    public T Pick<T>(params ReadOnlySpan<T> choices) => choices[Below(choices.Length)];
}

namespace RdmaPipeline.Protocol.Sequence;

/// <summary>A packet sequence number: 24 bits, counted modulo 2^24. All arithmetic on it is here.</summary>
public readonly record struct Psn
{
    private Psn(uint value, bool _) => Value = value;

    /// <summary>Makes a sequence number.</summary>
    /// <param name="value">0 to 0xFFFFFF.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value has more than 24 bits.</exception>
    public Psn(uint value) => Value = SequenceNumber.Checked(value, nameof(value));

    /// <summary>The number, 0 to 0xFFFFFF.</summary>
    public uint Value { get; }

    /// <summary>The number after this one; 0 follows 0xFFFFFF (R-REQ-1).</summary>
    public Psn Next => this + 1;

    /// <summary>The number before this one; 0xFFFFFF precedes 0 (R-REQ-1).</summary>
    public Psn Previous => this + -1;

    /// <summary>Takes the low 24 bits of a value.</summary>
    /// <param name="value">Any value; the high bits are cut off (R-REQ-1).</param>
    public static Psn Truncate(uint value) => new(value & SequenceNumber.Mask, true);

    /// <summary>Moves a number on, or back when <paramref name="count"/> is negative, modulo 2^24 (R-REQ-1).</summary>
    public static Psn operator +(Psn number, int count) => new(SequenceNumber.Add(number.Value, count), true);

    /// <inheritdoc cref="op_Addition"/>
    public static Psn Add(Psn number, int count) => number + count;

    /// <summary>
    /// Says how two numbers lie to each other (R-REQ-2): positive when <paramref name="left"/> comes after <paramref name="right"/>,
    /// negative when before, in steps; −2^23 to 2^23−1, so a distance of 2^23 counts as "before".
    /// </summary>
    public static int Compare(Psn left, Psn right) => SequenceNumber.Compare(left.Value, right.Value);

    /// <summary>Whether this number comes after <paramref name="other"/> (R-REQ-2).</summary>
    public bool IsAfter(Psn other) => Compare(this, other) > 0;

    /// <summary>Whether this number comes before <paramref name="other"/> (R-REQ-2).</summary>
    public bool IsBefore(Psn other) => Compare(this, other) < 0;

    /// <summary>Steps from <paramref name="origin"/> forward to this number, 0 to 0xFFFFFF.</summary>
    public int StepsFrom(Psn origin) => (int)SequenceNumber.Add(Value, -(int)origin.Value);

    /// <summary>The number as six hexadecimal digits.</summary>
    public override string ToString() => $"0x{Value:x6}";
}

using RdmaPipeline.Testing;

namespace RdmaPipeline.FuzzTests.Engine;

/// <summary>Makes inputs: from nothing, or from one or two that exist by changes of whole records and of bytes.</summary>
internal sealed class InputMutator(IFuzzTarget target, SplitMix random)
{
    private const int MostChanges = 6;
    private static readonly byte[] Telling = [0, 1, 2, 3, 4, 7, 8, 0x0F, 0x10, 0x1F, 0x20, 0x3F, 0x40, 0x60, 0x7F, 0x80, 0xC0, 0xFE, 0xFF];

    /// <summary>A random input.</summary>
    public byte[] Create()
    {
        var records = random.Chance(80) ? random.Below(Math.Min(target.MaxRecords, 24) + 1) : random.Below(target.MaxRecords + 1);
        var input = new byte[target.HeaderLength + (records * target.RecordLength)];
        Fill(input);
        return input;
    }

    /// <summary>A changed copy of an input.</summary>
    /// <param name="parent">The input.</param>
    /// <param name="other">Another one, from which pieces may come.</param>
    public byte[] Mutate(byte[] parent, byte[] other)
    {
        var input = new List<byte>(parent);
        for (var changes = random.Between(1, MostChanges); changes > 0; changes--) Change(input, other);
        var most = target.HeaderLength + (target.MaxRecords * target.RecordLength);
        if (input.Count > most) input.RemoveRange(most, input.Count - most);
        return [.. input];
    }

    private void Change(List<byte> input, byte[] other)
    {
        var choice = random.Below(100);
        if (choice < 45) ChangeByte(input);
        else if (choice < 53) Insert(input, RandomRecord());
        else if (choice < 63) Insert(input, Piece([.. input]));
        else if (choice < 75) Insert(input, Piece(other));
        else if (choice < 88) Remove(input);
        else if (choice < 94) Overwrite(input, Piece(other));
        else if (choice < 97) Truncate(input);
        else ChangeHeader(input);
    }

    private void ChangeByte(List<byte> input)
    {
        if (input.Count == 0) return;
        var at = random.Below(input.Count);
        input[at] = random.Below(4) switch
        {
            0 => (byte)random.Next(),
            1 => (byte)(input[at] ^ (1 << random.Below(8))),
            2 => (byte)(input[at] + random.Between(-4, 4)),
            _ => random.Pick<byte>(Telling),
        };
    }

    private void ChangeHeader(List<byte> input)
    {
        if (target.HeaderLength != 0) input[random.Below(target.HeaderLength)] = (byte)random.Next();
    }

    private byte[] RandomRecord()
    {
        var record = new byte[target.RecordLength * random.Between(1, 3)];
        Fill(record);
        return record;
    }

    private byte[] Piece(byte[] from)
    {
        var records = Records(from.Length);
        if (records == 0) return [];
        var (first, count) = (random.Below(records), random.Between(1, Math.Max(1, records / 4)));
        var start = target.HeaderLength + (first * target.RecordLength);
        return from[start..Math.Min(from.Length, start + (count * target.RecordLength))];
    }

    private void Insert(List<byte> input, byte[] piece) =>
        input.InsertRange(RecordStart(input, random.Below(Records(input.Count) + 1)), piece);

    private void Remove(List<byte> input)
    {
        var records = Records(input.Count);
        if (records == 0) return;
        var (first, count) = (random.Below(records), random.Chance(70) ? 1 : random.Between(1, Math.Max(1, records / 3)));
        var start = RecordStart(input, first);
        input.RemoveRange(start, Math.Min(count * target.RecordLength, input.Count - start));
    }

    private void Overwrite(List<byte> input, byte[] piece)
    {
        if (Records(input.Count) == 0) return;
        var start = RecordStart(input, random.Below(Records(input.Count)));
        for (var i = 0; i < piece.Length && start + i < input.Count; i++) input[start + i] = piece[i];
    }

    private void Truncate(List<byte> input)
    {
        var start = RecordStart(input, random.Below(Records(input.Count) + 1));
        input.RemoveRange(start, input.Count - start);
    }

    private int Records(int length) => Math.Max(0, length - target.HeaderLength) / target.RecordLength;

    private int RecordStart(List<byte> input, int record) =>
        Math.Min(input.Count, target.HeaderLength + (record * target.RecordLength));

    private void Fill(Span<byte> bytes)
    {
        for (var i = 0; i < bytes.Length; i++) bytes[i] = random.Chance(15) ? random.Pick<byte>(Telling) : (byte)random.Next();
    }
}

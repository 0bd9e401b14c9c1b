namespace RdmaPipeline.FuzzTests.Engine;

/// <summary>Makes an input smaller and plainer while something stays true of it: that it fails in the same way.</summary>
internal sealed class InputMinimiser(IFuzzTarget target, Func<byte[], bool> stays)
{
    private const int MostTries = 20_000;

    private int _tries;

    /// <summary>Fewer records, and zeros for the bytes that do not matter.</summary>
    public byte[] Minimise(byte[] input) => Blank(Shorten(input));

    /// <summary>Fewer records.</summary>
    public byte[] Shorten(byte[] input)
    {
        var before = int.MaxValue;
        while (input.Length < before && _tries < MostTries)
        {
            before = input.Length;
            input = RemoveRecords(input);
        }

        return input;
    }

    private byte[] RemoveRecords(byte[] input)
    {
        var records = (input.Length - target.HeaderLength) / target.RecordLength;
        for (var count = Math.Max(1, records / 2); count >= 1; count /= 2)
        {
            var start = input.Length - (count * target.RecordLength);
            for (; start >= target.HeaderLength; start -= count * target.RecordLength)
            {
                byte[] shorter = [.. input.AsSpan(0, start), .. input.AsSpan(start + (count * target.RecordLength))];
                if (!Stays(shorter)) continue;
                input = shorter;
                start = Math.Min(start, input.Length);
            }
        }

        return input;
    }

    private byte[] Blank(byte[] input)
    {
        for (var i = 0; i < input.Length; i++)
        {
            if (input[i] == 0) continue;
            var plainer = input.ToArray();
            plainer[i] = 0;
            if (Stays(plainer)) input = plainer;
        }

        return input;
    }

    private bool Stays(byte[] input) => _tries++ < MostTries && stays(input);
}

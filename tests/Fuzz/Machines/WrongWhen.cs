using System.Runtime.CompilerServices;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>What is to be said when something does not hold; nothing is made when it does.</summary>
[InterpolatedStringHandler]
internal ref struct WrongWhen
{
    private DefaultInterpolatedStringHandler _text;

    public WrongWhen(int literalLength, int formattedCount, bool holds, out bool isNeeded)
    {
        isNeeded = !holds;
        _text = holds ? default : new DefaultInterpolatedStringHandler(literalLength, formattedCount);
    }

    public void AppendLiteral(string value) => _text.AppendLiteral(value);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public string ToStringAndClear() => _text.ToStringAndClear();
}

namespace RdmaPipeline.Testing;

/// <summary>Checks of options: an error names the option, its value and what it may be.</summary>
internal static class Limits
{
    public static void Check<T>(string name, T value, T least, T most)
        where T : IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            throw Wrong(name, value, $"{least} to {most}");
    }

    public static void CheckProbability(string name, double value)
    {
        if (double.IsNaN(value) || value is < 0 or > 1)
            throw Wrong(name, value, "a probability, 0 to 1");
    }

    public static ArgumentOutOfRangeException Wrong(string name, object? value, string allowed) =>
        new(name, value, $"{name} is {value}; it must be {allowed}.");
}

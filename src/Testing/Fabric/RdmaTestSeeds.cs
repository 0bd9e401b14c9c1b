using System.Globalization;

namespace RdmaPipeline.Testing;

/// <summary>The seeds of a test that tries many, and the environment variables that choose among them.</summary>
public static class RdmaTestSeeds
{
    /// <summary>The variable that names one seed.</summary>
    public const string Variable = "RDMAPIPE_SEED";

    /// <summary>The variable that says how many seeds a test tries.</summary>
    public const string CountVariable = "RDMAPIPE_SEEDS";

    /// <summary>The seed that <c>RDMAPIPE_SEED</c> names; null when it is not set.</summary>
    /// <exception cref="FormatException">It is set and no number.</exception>
    public static ulong? Single => Read(Variable);

    /// <summary>
    /// The seeds 1 to <paramref name="count"/>; only the one that <c>RDMAPIPE_SEED</c> names, if it is set; else as many as
    /// <c>RDMAPIPE_SEEDS</c> says, if that is set.
    /// </summary>
    /// <param name="count">How many, where nothing else is said.</param>
    public static IEnumerable<ulong> Sweep(int count)
    {
        if (Single is { } single)
        {
            yield return single;
            yield break;
        }

        for (ulong seed = 1, last = Read(CountVariable) ?? (ulong)count; seed <= last; seed++)
            yield return seed;
    }

    private static ulong? Read(string variable)
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text)
            return null;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new FormatException($"The environment variable {variable} is \"{text}\"; it must be a number, 0 to {ulong.MaxValue}.");
    }
}

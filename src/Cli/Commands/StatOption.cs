using System.CommandLine;

namespace RdmaPipeline.Cli.Commands;

/// <summary><c>--stat</c>, of every command that opens devices.</summary>
public static class StatOption
{
    public static Option<bool> Instance { get; } = new("--stat")
    {
        Description = "At the end print what each device counted, under the names of Linux Soft-RoCE and of mlx5, and what it dropped.",
    };

    /// <summary>Prints the statistics as lines, each behind <paramref name="prefix"/>.</summary>
    public static void Print(TextWriter output, IReadOnlyDictionary<string, DeviceStatistics>? statistics, string prefix = "")
    {
        foreach (var line in statistics is null ? [] : DeviceStatistics.Lines(statistics)) output.WriteLine(prefix + line);
    }
}

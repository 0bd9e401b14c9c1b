using System.Globalization;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>
/// The file differences.tsv: every difference from Soft-RoCE that is right, one line each: capture, frames, what is different (Soft-RoCE's
/// before the slash, ours behind it), the rule that says so, the reason.
/// </summary>
internal static class DifferenceList
{
    public static IReadOnlyList<ListedDifference> All { get; } =
    [
        .. from line in File.ReadLines(ReplayFiles.Path("differences.tsv"))
           where line.Length != 0 && line[0] != '#'
           let cells = line.Split('\t')
           select new ListedDifference(cells[0], [.. FramesOf(cells[1])], cells[2], cells[3], cells[4]),
    ];

    // "3" or "3-5,9".
    private static IEnumerable<int> FramesOf(string cell) =>
        from part in cell.Split(',')
        let ends = part.Split('-').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray()
        from number in Enumerable.Range(ends[0], ends[^1] - ends[0] + 1)
        select number;
}

/// <summary>A line of the file.</summary>
internal sealed record ListedDifference(string Capture, IReadOnlyList<int> Frames, string What, string Rule, string Reason);

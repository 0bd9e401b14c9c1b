namespace RdmaPipeline.FuzzTests.Engine;

/// <summary>
/// The inputs of a target that are kept in the tree: one line of hexadecimal digits each; lines that begin with # say what they are for.
/// </summary>
internal static class CorpusFile
{
    /// <summary>The inputs beside this program.</summary>
    public static IReadOnlyList<byte[]> Read(string target)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "Corpus", target + ".txt");
        return File.Exists(path) ? ReadFile(path) : [];
    }

    /// <summary>The inputs of a file.</summary>
    public static IReadOnlyList<byte[]> ReadFile(string path) =>
        [.. File.ReadLines(path).Where(line => line.Length != 0 && line[0] != '#').Select(Convert.FromHexString)];

    /// <summary>Writes inputs, shortest first.</summary>
    public static void Write(string path, string title, IEnumerable<byte[]> inputs) =>
        File.WriteAllLines(path, inputs.OrderBy(input => input.Length).Select(Convert.ToHexStringLower).Distinct().Prepend($"# {title}"));
}

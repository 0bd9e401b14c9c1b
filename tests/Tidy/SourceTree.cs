namespace RdmaPipeline.TidyTests;

/// <summary>The checked-out sources, parsed once.</summary>
internal static class SourceTree
{
    private static readonly string[] SourceFolders = ["src", "telemetry", "tests", "samples"];

    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<SourceFile> Files { get; } = Load();

    public static IEnumerable<SourceFile> Under(params string[] folders) =>
        Files.Where(f => folders.Any(folder => f.Path.StartsWith(folder + "/", StringComparison.Ordinal)));

    public static string Read(string relativePath) => File.ReadAllText(Path.Combine(Root, relativePath));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Pipeline.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No Pipeline.sln above {AppContext.BaseDirectory}.");
    }

    private static List<SourceFile> Load() =>
        [.. SourceFolders
            .Select(f => Path.Combine(Root, f))
            .Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, "*.cs", SearchOption.AllDirectories))
            .Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'))
            .Where(f => !f.Contains("/bin/", StringComparison.Ordinal) && !f.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(SourceFile.Parse)];
}

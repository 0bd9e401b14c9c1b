namespace RdmaPipeline.TelemetryTests;

/// <summary>The sources this test was built from.</summary>
internal static class SourceTree
{
    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>The full path of a file or folder.</summary>
    public static string Find(string path) => Path.Combine(Root, path);

    /// <summary>The full path of what another project built, in the configuration of this test.</summary>
    public static string FindBuilt(string project, string file) =>
        Path.Combine(Find(project), Path.GetRelativePath(Find("tests/Telemetry.Tests"), AppContext.BaseDirectory), file);

    private static string FindRoot(string folder) => File.Exists(Path.Combine(folder, "Pipeline.sln"))
        ? folder
        : FindRoot(Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("No folder above holds Pipeline.sln."));
}

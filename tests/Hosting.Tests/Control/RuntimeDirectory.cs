namespace RdmaPipeline.HostingTests.Control;

/// <summary>A runtime directory of a test's own, for this process and those it starts.</summary>
internal sealed class RuntimeDirectory : IDisposable
{
    private const string Variable = "XDG_RUNTIME_DIR";

    private readonly string? _before = Environment.GetEnvironmentVariable(Variable);

    public RuntimeDirectory()
    {
        Path = Directory.CreateTempSubdirectory("rdmapipe").FullName;
        Environment.SetEnvironmentVariable(Variable, Path);
    }

    public string Path { get; }

    public string Sockets => System.IO.Path.Combine(Path, "rdmapipe");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Variable, _before);
        Directory.Delete(Path, recursive: true);
    }
}

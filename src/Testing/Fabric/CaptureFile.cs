namespace RdmaPipeline.Testing;

/// <summary>Where a failure leaves its capture.</summary>
internal static class CaptureFile
{
    private const string Variable = "RDMAPIPE_CAPTURES";

    public static string NewPath(string? directory, ulong seed, string? test)
    {
        directory ??= Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
            ? given
            : Path.Combine(AppContext.BaseDirectory, "captures");
        Directory.CreateDirectory(directory);
        var name = string.Concat((test ?? "fabric").Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' ? c : '-'));
        return Path.Combine(Path.GetFullPath(directory), $"{name}-seed-{seed}.pcapng");
    }
}

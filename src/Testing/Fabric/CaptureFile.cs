namespace RdmaPipeline.Testing;

/// <summary>Where a failure leaves its capture.</summary>
internal static class CaptureFile
{
    private const string Variable = "RDMAPIPE_CAPTURES";
    private const int LongestName = 150;

    public static string NewPath(string? directory, ulong seed, string? test)
    {
        directory ??= Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
            ? given
            : Path.Combine(AppContext.BaseDirectory, "captures");
        Directory.CreateDirectory(directory);
        var name = string.Concat((test ?? "fabric").Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' ? c : '-'));
        // The end of a long name tells more: the method.
        name = name[Math.Max(0, name.Length - LongestName)..];
        return Path.Combine(Path.GetFullPath(directory), $"{name}-seed-{seed}.pcapng");
    }
}

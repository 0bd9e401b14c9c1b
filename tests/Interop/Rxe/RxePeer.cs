using System.Runtime.InteropServices;

namespace RdmaPipeline.InteropTests.Rxe;

/// <summary>Where the scripts of the Soft-RoCE guest are and whether this machine can run them.</summary>
public static class RxePeer
{
    private static readonly Lazy<string?> s_unavailable = new(Examine);

    /// <summary>The folder that holds <c>run</c> and <c>build-guest</c>; null when there is none.</summary>
    public static string? Folder { get; } = Find();

    /// <summary>Why no guest can run here; null when one can.</summary>
    public static string? Unavailable => s_unavailable.Value;

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("RDMAPIPE_PEERS") is { Length: > 0 } chosen)
            return Directory.Exists(Path.Combine(chosen, "rxe")) ? Path.Combine(chosen, "rxe") : chosen;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "peers", "rxe");
            if (Directory.Exists(candidate)) return candidate;
        }

        return null;
    }

    private static string? Examine()
    {
        var reason = Machine() ?? Image();
        if (reason is not null) Console.Error.WriteLine($"INTEROP TESTS SKIPPED: {reason}");
        return reason;
    }

    private static string? Machine()
    {
        if (Folder is null || !File.Exists(Path.Combine(Folder, "run")))
            return "the scripts of the guest are not beside the repository (shared/peers/rxe; RDMAPIPE_PEERS names another place)";
        if (!OperatingSystem.IsLinux() || RuntimeInformation.OSArchitecture != Architecture.X64) return "the guest needs Linux on x64";
        if (!File.Exists("/etc/debian_version")) return "the guest needs Debian";
        if (!Environment.IsPrivilegedProcess) return "the guest needs root (a network namespace and a tap device)";
        if (!File.Exists("/dev/net/tun")) return "the guest needs /dev/net/tun";
        return null;
    }

    /// <summary>Builds the image; the package lists of a fresh machine are empty, so one failure asks for them and tries again.</summary>
    private static string? Image()
    {
        var build = Path.Combine(Folder!, "build-guest");
        var first = Command.Run(build, [], TimeSpan.FromMinutes(5));
        if (first.ExitCode == 0) return null;
        Command.Run("apt-get", ["update"], TimeSpan.FromMinutes(3));
        var second = Command.Run(build, [], TimeSpan.FromMinutes(5));
        return second.ExitCode == 0 ? null : $"the guest's image cannot be built: {LastLine(second.Error)}";
    }

    private static string LastLine(string text) => text.TrimEnd().Split('\n')[^1];
}

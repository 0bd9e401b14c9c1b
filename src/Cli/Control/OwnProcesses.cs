using System.Diagnostics;

namespace RdmaPipeline.Cli.Control;

/// <summary>The processes of the user who runs the tool.</summary>
internal static class OwnProcesses
{
    private const string Owner = "Uid:";

    /// <summary>Whether a process runs, and for this user; where the system does not say whose it is, whether it runs.</summary>
    public static bool Has(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return !found.HasExited && (!OperatingSystem.IsLinux() || OwnerOf($"{process}") == OwnerOf("self"));
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? OwnerOf(string process) =>
        File.ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith(Owner, StringComparison.Ordinal));
}

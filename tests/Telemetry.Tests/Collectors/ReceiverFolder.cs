using System.ComponentModel;
using RdmaPipeline.InteropTests.Rxe;

namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>Where the receiver is installed, once for each version of it: beside all else that builds and runs make.</summary>
internal static class ReceiverFolder
{
    private static readonly Lazy<string> s_folder = new(Install);

    /// <summary>The folder of <c>receiver.js</c> with all it needs; the test is skipped where there is no npm.</summary>
    public static string Path => s_folder.Value;

    // npm writes node_modules/.package-lock.json last: where it is, an installation is complete.
    private static string Install()
    {
        var source = System.IO.Path.Combine(AppContext.BaseDirectory, "Collectors", "receiver");
        var folder = System.IO.Path.Combine(AppContext.BaseDirectory, "receiver");
        Directory.CreateDirectory(folder);
        var locked = System.IO.Path.Combine(folder, "package-lock.json");
        var wanted = File.ReadAllText(System.IO.Path.Combine(source, "package-lock.json"));
        var complete = File.Exists(locked) && File.ReadAllText(locked) == wanted
            && File.Exists(System.IO.Path.Combine(folder, "node_modules", ".package-lock.json"));
        foreach (var file in Directory.EnumerateFiles(source))
            File.Copy(file, System.IO.Path.Combine(folder, System.IO.Path.GetFileName(file)), overwrite: true);
        if (!complete) RunNpm(folder);
        return folder;
    }

    private static void RunNpm(string folder)
    {
        string[] arguments = ["ci", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"];
        try
        {
            Command.Run("npm", arguments, TimeSpan.FromMinutes(2)).Expect();
        }
        catch (Win32Exception)
        {
            Skip.If(true, "npm is not installed; it brings the OTLP receiver of this test");
        }
    }
}

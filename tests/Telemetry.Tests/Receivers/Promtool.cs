using System.Diagnostics;

namespace RdmaPipeline.TelemetryTests.Receivers;

/// <summary>Prometheus' own checker, where it is installed.</summary>
internal static class Promtool
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Skips the test where there is no promtool.</summary>
    public static void Require() => Skip.IfNot(
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "promtool"))),
        "promtool is not installed (Debian: prometheus).");

    /// <summary>Runs it; what it says must be success.</summary>
    public static void Check(params string[] arguments)
    {
        var start = new ProcessStartInfo("promtool", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"promtool {string.Join(' ', arguments)} did not end.");
        }

        Assert.True(process.ExitCode == 0, $"promtool {string.Join(' ', arguments)}\n{output.Result}{errors.Result}");
    }
}

using System.Text.Json;
using RdmaPipeline.Cli.Commands;

namespace RdmaPipeline.HostingTests.Control;

/// <summary>Runs the tool in this process.</summary>
internal static class Tool
{
    public static async Task<string> RunAsync(params string[] arguments)
    {
        var (exit, output, error) = await TryAsync(arguments);
        Assert.True(exit == 0, $"rdmapipe {string.Join(' ', arguments)}: {error}");
        return output;
    }

    public static async Task<(int Exit, string Output, string Error)> TryAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exit = await RdmapipeCommand.RunAsync(arguments, output, error).WaitAsync(TimeSpan.FromSeconds(60));
        return (exit, output.ToString(), error.ToString());
    }

    public static async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        using var document = JsonDocument.Parse(await RunAsync(arguments));
        return document.RootElement.Clone();
    }
}

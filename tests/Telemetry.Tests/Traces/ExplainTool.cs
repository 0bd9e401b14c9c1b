using System.Text.Json;
using RdmaPipeline.Cli.Commands;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>The tool as a user runs it, and what its explain says.</summary>
internal static class ExplainTool
{
    /// <summary>What it says of a file, an entry for each work request or conversation.</summary>
    public static async Task<List<JsonElement>> Explain(string file)
    {
        using var document = JsonDocument.Parse(await Run("explain", file, "--json"));
        return [.. document.RootElement.GetProperty("explanations").EnumerateArray().Select(e => e.Clone())];
    }

    /// <summary>What a command prints, which has to end well.</summary>
    public static async Task<string> Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.True(await RdmapipeCommand.RunAsync(arguments, output, error) == 0, error.ToString());
        return output.ToString();
    }
}

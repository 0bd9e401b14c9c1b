using System.Text.Json;
using RdmaPipeline.Cli.Commands;

namespace RdmaPipeline.SimulationTests;

/// <summary>The command line of <c>rdmapipe soak</c>.</summary>
public sealed class SoakCommandTests
{
    [Fact]
    public async Task SoakPrintsOneObjectAndTheFirstSeed()
    {
        var (code, output, error) = await Run("soak", "--minutes", "10", "--seed", "11", "--seeds", "3", "--json");
        Assert.Equal(0, code);
        Assert.Contains("first seed 11", error, StringComparison.Ordinal);
        var report = JsonDocument.Parse(output).RootElement;
        Assert.Equal(["seeds", "packets", "violations", "firstFailingSeed"], report.EnumerateObject().Select(p => p.Name));
        Assert.Equal(3, report.GetProperty("seeds").GetInt32());
        Assert.InRange(report.GetProperty("packets").GetInt64(), 100, long.MaxValue);
        Assert.Equal(0, report.GetProperty("violations").GetInt32());
        Assert.Equal(JsonValueKind.Null, report.GetProperty("firstFailingSeed").ValueKind);
    }

    [Fact]
    public async Task TimeThatIsNoneIsRefused()
    {
        var (code, _, error) = await Run("soak", "--minutes", "-1");
        Assert.Equal(1, code);
        Assert.Contains("--minutes -1 is not within 0 to 1000000", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await RdmapipeCommand.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}

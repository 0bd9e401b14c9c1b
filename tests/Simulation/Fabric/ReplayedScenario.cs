using System.Diagnostics;
using RdmaPipeline.Testing;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>A scenario without a seed of its own, as users write them; <see cref="FailureTests"/> replays it in another process.</summary>
public sealed class ReplayedScenario
{
    private const string HashFile = "RDMAPIPE_TEST_HASH_FILE";

    [Fact]
    public void AnyScenarioWithASeedOfItsOwn()
    {
        using var fabric = new RdmaTestFabric();
        Play(fabric);
        if (Environment.GetEnvironmentVariable(HashFile) is { Length: > 0 } file)
            File.WriteAllText(file, $"{fabric.Seed} {fabric.Log.Hash:x} {fabric.Log.Count}");
    }

    /// <summary>Some work on a bad link.</summary>
    internal static void Play(RdmaTestFabric fabric)
    {
        var (a, b) = (fabric.AddHost("a"), fabric.AddHost("b"));
        fabric.Connect(a, b, new LinkOptions { Loss = 0.1, Duplication = 0.1, Reordering = 0.1, Corruption = 0.1 });
        var (left, right) = Endpoint.Connect(a, b, FabricScene.Options);
        PatternGenerator.Fill(left.Memory.AsSpan(0, 50_000), seed: 3);
        left.Write(right, 50_000);
        fabric.RunUntil(() => left.Has(1), TimeSpan.FromMinutes(10));
        if (left.Completions[0].IsSuccess)
            Assert.Equal(-1, PatternGenerator.FindMismatch(right.Memory.AsSpan(0, 50_000), seed: 3));
    }

    /// <summary>Runs a command line as a person would.</summary>
    internal static string RunShell(string line, string hashFile)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[HashFile] = hashFile;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return $"{line}\n{output}\n{errors.Result}";
    }
}

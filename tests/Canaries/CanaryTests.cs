using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using RdmaPipeline.Testing.Captures;
using RdmaPipeline.Testing.Swarm;
using Xunit.Abstractions;

namespace RdmaPipeline.CanaryTests;

/// <summary>
/// A planted bug of each class must be found by the swarm, with seeds under which the unchanged sources are right: whoever loosens a check
/// of the model, the audit or the laws until it sees nothing is told so here.
/// </summary>
public sealed partial class CanaryTests(ITestOutputHelper output)
{
    private const ulong MostSeeds = 10_000;

    private static readonly Lock s_lock = new();
    private static ulong s_clean;

    public static TheoryData<string, string> Classes() => new()
    {
        { "CANARY_PSN_WINDOW", "the last request is taken for a new one when it comes again" },
        { "CANARY_LOST_NAK", "a request is refused in silence" },
        { "CANARY_DOUBLE_COMPLETION", "a READ completes twice" },
        { "CANARY_ATOMIC_EXECUTED_AGAIN", "a duplicate of an atomic is executed" },
        { "CANARY_LEAKED_BUFFER", "a burst of which nothing is left is not given back" },
        { "CANARY_WRONG_CREDIT", "one credit more is told than there is" },
        { "CANARY_ICRC_UNCHECKED", "a damaged packet is taken" },
    };

    [Theory, MemberData(nameof(Classes))]
    public void CanaryIsCaughtAndTheUnchangedSourcesAreNot(string symbol, string bug)
    {
        var (compiling, running) = (Stopwatch.StartNew(), new Stopwatch());
        var run = CanaryBuild.Load(symbol).GetType(typeof(SwarmRun).FullName!)!.GetMethod(nameof(SwarmRun.Run))!;
        compiling.Stop();
        running.Start();
        var (seed, found) = Hunt(run);
        output.WriteLine($"{symbol}: {bug}. Compiled in {compiling.Elapsed}, caught by seed {seed} after {running.Elapsed}:");
        output.WriteLine(found);
        CheckUnchanged(seed);
    }

    private static (ulong Seed, string Found) Hunt(MethodInfo run)
    {
        for (ulong seed = 1; seed <= MostSeeds; seed++)
        {
            try
            {
                run.Invoke(null, [seed]);
            }
            catch (TargetInvocationException caught)
            {
                // It is another SwarmViolationException than ours: that of the canary.
                Assert.Equal(nameof(SwarmViolationException), caught.InnerException!.GetType().Name);
                CheckReport(seed, caught.InnerException.Message);
                return (seed, caught.InnerException.Message.Split('\n')[0]);
            }
        }

        Assert.Fail($"not caught by {MostSeeds} seeds");
        return default;
    }

    // Whoever reads it can repeat it and look at the packets.
    private static void CheckReport(ulong seed, string report)
    {
        Assert.StartsWith($"seed {seed} (\"rdmapipe soak --seed {seed} --seeds 1\" replays it", report, StringComparison.Ordinal);
        var capture = CaptureLine().Match(report).Groups[1].Value;
        Assert.True(File.Exists(capture), report);
        Assert.NotEmpty(CaptureReader.ReadFile(capture));
    }

    [GeneratedRegex(@"^  capture: (.+\.pcapng)\r?$", RegexOptions.Multiline)]
    private static partial Regex CaptureLine();

    private static void CheckUnchanged(ulong last)
    {
        lock (s_lock)
        {
            for (; s_clean < last; s_clean++) SwarmRun.Run(s_clean + 1);
        }
    }

    [Fact]
    public void EveryCanaryOfTheSourcesIsTried() =>
        Assert.Equal(Classes().Select(row => (string)row[0]).Concat(FuzzCanaryTests.Symbols).Order(), CanaryBuild.Symbols);
}

using System.Reflection;
using Xunit.Abstractions;

namespace RdmaPipeline.CanaryTests;

/// <summary>
/// The fuzz targets of the machines, the verbs and the graph find a planted bug of each class that they are there for, make the input
/// small, and the unchanged sources take it without harm.
/// </summary>
public sealed class FuzzCanaryTests(ITestOutputHelper output)
{
    private const ulong Seed = 1;
    private const int MostInputs = 5000;
    private const string Hunt = "RdmaPipeline.FuzzTests.Engine.FuzzHunt";

    private static readonly Lazy<MethodInfo> s_unchanged =
        new(() => CanaryBuild.Load(symbol: null).GetType(Hunt)!.GetMethod("Try", [typeof(string), typeof(byte[])])!);

    public static TheoryData<string, string, string, string> Classes() => new()
    {
        { "verbs", "CANARY_UNCHECKED_ENTRIES", "more entries than the queue allows are taken", "Argument" },
        { "verbs", "CANARY_REFUSED_MODIFY", "attributes are changed before they are checked", "that was refused changed something" },
        { "verbs", "CANARY_OBJECT_COUNT", "a window that is gone is still counted", "the device counts . memory windows" },
        { "verbs", "CANARY_LOST_FLUSH", "only the oldest send of a queue pair in ERR completes", "never completes" },
        { "verbs", "CANARY_BUSY_FOR_EVER", "a completion queue does not learn that its queue pair is gone", "objects stay busy" },
        { "verbs", "CANARY_REGION_END", "of a range only the first byte must lie in its region", "outside all regions" },
        { "graphs", "CANARY_UNSEEN_CYCLE", "a circle that a doorbell closes is not seen", "though something is wrong" },
        { "graphs", "CANARY_REFUSED_GRAPH", "room for one burst is not enough", "refused though nothing is wrong" },
        { "graphs", "CANARY_LOST_BURST", "a burst that had to wait is lost", "a law is broken" },
        { "graphs", "CANARY_LOST_TURN", "a block that is not through with its queue takes no turn more", "wait on .* at rest" },
        { "graphs", "CANARY_NEVER_ENDS", "a stage waits for one more input than it has", "the graph does not end" },
        { "graphs", "CANARY_KEPT_STAGE", "what a change takes out is not disposed of", "not disposed of" },
        { "graphs", "CANARY_FORGOTTEN_PAUSE", "a change that is taken back leaves its gates closed", "wait on .* at rest" },
        { "graphs", "CANARY_UNDRAINED", "a change does not wait for what is under way", "were made|is held|a law is broken" },
        { "machines", "CANARY_UNTOLD_END", "the observer hears of failures only", "never hears of the end" },
        { "machines", "CANARY_MISCOUNTED_NAK", "an RNR NAK is counted as a sequence error", "NAKs sent of kind" },
    };

    /// <summary>The symbols that are tried here.</summary>
    internal static IEnumerable<string> Symbols => Classes().Select(row => (string)row[1]);

    [Theory, MemberData(nameof(Classes))]
    public void CanaryIsCaughtAndTheUnchangedSourcesAreNot(string target, string symbol, string bug, string found)
    {
        string[] corpus = [.. File.ReadLines(Path.Combine(CanaryBuild.Root, "tests", "Fuzz", "Corpus", $"{target}.txt"))];
        byte[][] inputs = [.. corpus.Where(line => line.Length != 0 && line[0] != '#').Select(Convert.FromHexString)];
        var find = CanaryBuild.Load(symbol).GetType(Hunt)!.GetMethod("Find")!;
        var finding = find.Invoke(null, [target, inputs, Seed, MostInputs]) as (byte[] Input, Exception Failure)?;
        Assert.True(finding is not null, $"{symbol} is not caught by the corpus and {MostInputs} more inputs");
        var (input, failure) = finding.Value;
        output.WriteLine($"{symbol}: {bug}. Caught by {Convert.ToHexStringLower(input)}:\n{failure.GetType().Name}: {failure.Message}");
        Assert.Matches(found, $"{failure.GetType().Name}: {failure.Message}");
        Assert.Null(s_unchanged.Value.Invoke(null, [target, input]));
    }
}

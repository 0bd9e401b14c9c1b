using System.Diagnostics;
using System.Globalization;
using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.FuzzTests.Frames;

namespace RdmaPipeline.FuzzTests;

/// <summary>The fuzzer by hand, for hours; the tests run the same for seconds.</summary>
internal static class FuzzProgram
{
    private const string Usage = """
        run TARGET [--seed N] [--seconds N] [--inputs N] [--save FILE] [--gaps FILE]
                                     fuzzes until the time or the inputs are over
        replay TARGET HEX|FILE       tries one input and tells step by step, or all of a corpus file
        distil TARGET FILE OUT       keeps of a corpus file what is needed to reach all blocks that it reaches
        harvest FOLDER OUT           makes a corpus of frames from the vectors and captures of tests/Protocol.Tests
        targets: frames machines verbs graphs
        """;

    public static int Execute(string[] args) => args switch
    {
        ["run", var target, .. var options] => Run(FuzzTargets.Make(target), Options(options)),
        ["replay", var target, var input] => Replay(FuzzTargets.Make(target), input),
        ["distil", var target, var input, var output] => CorpusDistiller.Distil(FuzzTargets.Make(target), input, output),
        ["harvest", var folder, var output] => Harvest(folder, output),
        _ => Fail(),
    };

    private static int Run(IFuzzTarget target, Dictionary<string, string> options)
    {
        var seed = options.TryGetValue("seed", out var given) ? ulong.Parse(given, CultureInfo.InvariantCulture) : FuzzSeed.Fresh();
        var seconds = Number(options, "seconds");
        var inputs = Number(options, "inputs");
        using var campaign = new FuzzCampaign(target, seed);
        Console.WriteLine($"{target.Name}: seed {seed}");
        campaign.Replay(CorpusFile.Read(target.Name));
        var clock = Stopwatch.StartNew();
        var nextReport = 10.0;
        while (clock.Elapsed.TotalSeconds < seconds && campaign.Tally.Inputs < inputs)
        {
            campaign.Step();
            if (clock.Elapsed.TotalSeconds < nextReport) continue;
            nextReport = clock.Elapsed.TotalSeconds * 1.5;
            Report(campaign, clock);
        }

        Report(campaign, clock);
        Console.WriteLine(campaign.Tally);
        foreach (var (name, covered, blocks) in campaign.Coverage.ByNamespace().Where(line => line.Covered != 0))
            Console.WriteLine($"{name}\t{covered}\t{blocks}\t{100.0 * covered / blocks:f1} %");
        if (options.TryGetValue("save", out var file)) CorpusFile.Write(file, $"reached by {target.Name}", campaign.Kept);
        if (options.TryGetValue("gaps", out var gaps))
            File.WriteAllLines(gaps, campaign.Coverage.Gaps().Select(gap => $"{gap.Covered}/{gap.Blocks}\t{gap.Method}"));
        return campaign.Findings.Count == 0 ? 0 : 1;
    }

    private static int Replay(IFuzzTarget target, string input)
    {
        var inputs = File.Exists(input) ? CorpusFile.ReadFile(input) : [Convert.FromHexString(input)];
        var tally = new FuzzTally { Trace = inputs.Count == 1 ? Console.WriteLine : null };
        foreach (var bytes in inputs) target.Run(bytes, tally);
        Console.WriteLine($"{inputs.Count} inputs, {tally.Packets} packets, {tally.Calls} calls: {tally}");
        return 0;
    }

    private static int Harvest(string folder, string output)
    {
        var frames = FrameHarvest.From(folder).ToList();
        CorpusFile.Write(output, "frames: from the vectors and the captures of a real Soft-RoCE in tests/Protocol.Tests", frames);
        Console.WriteLine($"{frames.Count} inputs");
        return 0;
    }

    private static void Report(FuzzCampaign campaign, Stopwatch clock) => Console.WriteLine(
        $"{clock.Elapsed:hh\\:mm\\:ss} {campaign.Tally.Inputs} inputs, {campaign.Tally.Packets} packets, {campaign.Tally.Calls} calls, "
        + $"{campaign.Coverage.Covered} of {campaign.Coverage.Blocks} blocks, {campaign.Coverage.Features} features, "
        + $"{campaign.Kept.Count} kept, {campaign.Findings.Count} findings");

    private static long Number(Dictionary<string, string> options, string name) =>
        options.TryGetValue(name, out var text) ? long.Parse(text, CultureInfo.InvariantCulture) : long.MaxValue;

    private static Dictionary<string, string> Options(string[] options) =>
        options.Chunk(2).ToDictionary(pair => pair[0].TrimStart('-'), pair => pair[^1]);

    private static int Fail()
    {
        Console.Error.WriteLine(Usage);
        return 2;
    }
}

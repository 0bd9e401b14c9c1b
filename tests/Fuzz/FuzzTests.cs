using System.Diagnostics;
using RdmaPipeline.FuzzTests.Engine;
using Xunit.Abstractions;

namespace RdmaPipeline.FuzzTests;

/// <summary>
/// What the program does for hours, for seconds: the corpus, then new inputs from a new seed. <c>RDMAPIPE_SEED=n</c> takes that seed; what
/// fails is printed with the line that replays it.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    /// <summary>Of the minute that all of it may take. A slow machine tries fewer inputs, no less is asked of each.</summary>
    private static readonly TimeSpan TimeBox = TimeSpan.FromSeconds(9);

    /// <summary>
    /// Percent of the blocks of each room that the corpus reaches at least. Some less than it does in a process of its own: what runs once
    /// in a process may have run before.
    /// </summary>
    private static readonly (string Target, string Room, int Percent)[] Reach =
    [
        ("machines", "RdmaPipeline.Protocol.SendQueue", 86), ("machines", "RdmaPipeline.Protocol.ReceiveQueue", 88),
        ("machines", "RdmaPipeline.Protocol.Datagram", 53), ("machines", "RdmaPipeline.Protocol.Tracing", 57),
        ("frames", "RdmaPipeline.Backends.Framing", 58),
        ("verbs", "RdmaPipeline.Verbs", 57), ("verbs", "RdmaPipeline.Transport", 65), ("verbs", "RdmaPipeline.Protocol.ReceiveQueue", 80),
        ("graphs", "RdmaPipeline.Graph.Validation", 65), ("graphs", "RdmaPipeline.Graph.Blocks", 73),
        ("graphs", "RdmaPipeline.Graph.Reshaping", 85),
    ];

    public static TheoryData<string> Targets => ["frames", "machines", "verbs", "graphs"];

    [Theory]
    [MemberData(nameof(Targets))]
    public void NeitherTheCorpusNorNewInputsFail(string name)
    {
        var seed = FuzzSeed.Fresh();
        output.WriteLine($"{name}: RDMAPIPE_SEED={seed}");
        using var campaign = new FuzzCampaign(FuzzTargets.Make(name), seed);
        campaign.Replay(CorpusFile.Read(name));
        CheckReach(name, campaign);
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeBox) campaign.Step();
        var (tally, coverage) = (campaign.Tally, campaign.Coverage);
        output.WriteLine($"{tally.Inputs} inputs, {tally.Packets} packets, {tally.Calls} calls: {tally}");
        output.WriteLine($"{coverage.Covered} of {coverage.Blocks} blocks");
        Assert.True(campaign.Findings.Count == 0, string.Join("\n", campaign.Findings));
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void TheSameSeedTriesTheSame(string name)
    {
        Assert.Equal(Run(7), Run(7));
        Assert.NotEqual(Run(7), Run(8));

        string Run(ulong seed)
        {
            // Without guidance: which blocks are new depends on what the process ran before.
            var target = FuzzTargets.Make(name);
            var (mutator, tally) = (new InputMutator(target, new Testing.SplitMix(seed)), new FuzzTally());
            for (var i = 0; i < 8; i++) target.Run(mutator.Create(), tally);
            return $"{tally.Packets} {tally.Calls} {tally}";
        }
    }

    private void CheckReach(string name, FuzzCampaign campaign)
    {
        var reached = campaign.Coverage.ByNamespace().ToDictionary(line => line.Namespace);
        foreach (var (_, room, percent) in Reach.Where(row => row.Target == name))
        {
            var (_, covered, blocks) = reached[room];
            var reach = $"The corpus reaches {covered} of {blocks} blocks of {room}";
            output.WriteLine(reach);
            Assert.True(100 * covered >= percent * blocks, $"{reach}, less than {percent} %.");
        }
    }
}

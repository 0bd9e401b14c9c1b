using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using RdmaPipeline.Protocol.Tests.Captures;
using RdmaPipeline.Protocol.Wire;
using Xunit.Abstractions;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>
/// Our queue pairs in the place of Soft-RoCE's, one host at a time, in every captured conversation: the same packets byte for byte, the
/// same completions, the same memory. Every difference stands in differences.tsv with its rule; one that is not listed fails, and so does a
/// line that nothing needs any more.
/// </summary>
public sealed partial class ReplayTests(ITestOutputHelper output)
{
    // R-REQ-19, R-REQ-41: where there is an option to do as Soft-RoCE does, it is set.
    private static readonly QueuePairOptions AsSoftRoce =
        QueuePairOptions.Default with { AdvertiseUnlimitedCredits = true, Retry7IsInfinite = true };

    private static readonly ConcurrentDictionary<string, ReplayTally> Tallies = [];

    [Theory]
    [MemberData(nameof(ReplaySetups.Captures), MemberType = typeof(ReplaySetups))]
    public void OursDoesWhatSoftRoceDid(string capture)
    {
        var tally = TallyOf(capture);
        var listed = DifferenceList.All.Where(line => line.Capture == capture)
            .SelectMany(line => line.Frames.Select(frame => new Difference(frame, line.What))).ToList();
        MustBeEmpty("Not listed", capture, Without(tally.Differences, listed));
        MustBeEmpty("Listed and not needed", capture, Without(listed, tally.Differences));
    }

    [Theory] // R-REQ-16, R-REQ-20: by default ours tells its credits; nothing else is different then.
    [MemberData(nameof(ReplaySetups.Captures), MemberType = typeof(ReplaySetups))]
    public void TheDefaultsOnlyTellCredits(string capture) =>
        Assert.Equal(TallyOf(capture).Differences, Replay(ReplaySetups.Of(capture), QueuePairOptions.Default).Differences);

    [Theory]
    [MemberData(nameof(ReplaySetups.Captures), MemberType = typeof(ReplaySetups))]
    public void NoFactOfASetupIsIdle(string capture) => Assert.All(
        ReplayFacts.EachWithout(ReplaySetups.Of(capture)),
        less => Assert.False(IsSame(less.Setup), $"{capture} goes as well without {less.Fact}"));

    [Fact]
    public void EveryCaptureIsReplayed() => Assert.Equal(
        CaptureFiles.Paths.Select(path => Path.GetFileName(path)),
        ReplaySetups.All.Select(setup => setup.Capture + ".pcap").Order(StringComparer.Ordinal));

    [Fact]
    public void EveryListedDifferenceIsOfACaptureAndCitesARule() => Assert.All(DifferenceList.All, line =>
    {
        Assert.Contains(line.Capture, ReplaySetups.All.Select(setup => setup.Capture));
        Assert.Matches(Rule(), line.Rule);
        Assert.NotEmpty(line.Reason);
    });

    [Theory]
    [MemberData(nameof(ReplaySetups.Captures), MemberType = typeof(ReplaySetups))]
    public void TheSetupNamesFramesOfTheCapture(string capture)
    {
        var setup = ReplaySetups.Of(capture);
        var conversation = Conversation.Read(setup);
        int[] named =
        [
            .. setup.Dropped, .. setup.Refused, .. setup.Unrecorded.Select(lost => lost.Behind),
            .. setup.Delayed.SelectMany(delayed => (int[])[delayed.Frame, delayed.Behind]),
        ];
        Assert.Empty(named.Except(conversation.Frames.Select(frame => frame.Number)));
        Assert.All(setup.Unrecorded, lost =>
        {
            // A sender counts the Identification on, also for what is lost before the tap.
            var sent = conversation.Frames.Where(f => f.Traits.IsResponse == OpcodeTraits.Of(lost.Opcode).IsResponse).ToList();
            var next = sent.FindIndex(frame => frame.Number > lost.Behind);
            Assert.InRange(sent[next].Headers.Ipv4.Identification - sent[next - 1].Headers.Ipv4.Identification, 2, ushort.MaxValue);
        });
    }

    [Fact]
    public void EveryPacketIsComparedOnce()
    {
        output.WriteLine("capture                requests responses doubled  sends receives differences");
        var (compared, all) = (0, 0);
        foreach (var setup in ReplaySetups.All)
        {
            var (tally, conversation) = (TallyOf(setup.Capture), Conversation.Read(setup));
            output.WriteLine($"{setup.Capture,-22} {tally.Requests,8} {tally.Responses,9} {conversation.Copies.Count,7} {tally.Sends,6} "
                + $"{tally.Receives,8} {tally.Differences.Count,11}");
            Assert.Equal(conversation.Frames.Count, tally.Requests + tally.Responses + conversation.Copies.Count);
            (compared, all) = (compared + tally.Requests + tally.Responses, all + conversation.Frames.Count);
        }

        output.WriteLine($"{compared} of {all} packets");
        Assert.Equal(CaptureFiles.RdmaFrames.Count(), all);
    }

    private static bool IsSame(ReplaySetup setup)
    {
        try
        {
            return Replay(setup, AsSoftRoce).Differences.SequenceEqual(TallyOf(setup.Capture).Differences);
        }
        catch (Exception)
        {
            return false;
        }
    }

    private static ReplayTally TallyOf(string capture) =>
        Tallies.GetOrAdd(capture, static name => Replay(ReplaySetups.Of(name), AsSoftRoce));

    private static ReplayTally Replay(ReplaySetup setup, QueuePairOptions options)
    {
        var conversation = Conversation.Read(setup);
        var tally = new ReplayTally();
        foreach (var host in conversation.Hosts) new ReplayNode(conversation, host, options, tally).Run();
        Assert.Equal(setup.Unrecorded.Length, tally.Unrecorded);
        return tally;
    }

    private static void MustBeEmpty(string what, string capture, List<Difference> differences)
    {
        var lines = differences.Select(difference => $"{capture}\t{difference.Frame}\t{difference.What}");
        if (differences.Count != 0) Assert.Fail($"{what}:\n{string.Join('\n', lines)}");
    }

    private static List<Difference> Without(IEnumerable<Difference> all, IEnumerable<Difference> taken)
    {
        var left = all.ToList();
        foreach (var one in taken) left.Remove(one);
        return left;
    }

    [GeneratedRegex(@"^(R-(REQ|RESP|WIRE|CQ)-\d+|responder\.md 4 check \d+)$")]
    private static partial Regex Rule();
}

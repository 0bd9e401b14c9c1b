using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace RdmaPipeline.TidyTests;

/// <summary>A rule that a line of code obeys is cited there, and again in the test that proves it.</summary>
public sealed partial class RuleCitationTests(ITestOutputHelper output)
{
    [Fact]
    public void EveryRuleCitedInTheProtocolIsCitedInATest()
    {
        var cited = RulesIn(SourceTree.Under("src/Stages/Protocol"));
        var proven = RulesIn(SourceTree.Under("tests"));
        output.WriteLine($"{cited.Count} rules cited in the protocol, {proven.Count} in the tests.");
        Assert.NotEmpty(cited);
        Findings.MustBeEmpty(cited.Except(proven).Order(StringComparer.Ordinal), "Cited in the protocol, proven by no test:");
    }

    private static HashSet<string> RulesIn(IEnumerable<SourceFile> files) =>
        [.. files.SelectMany(f => Rule().Matches(f.Text)).SelectMany(Expand)];

    // "R-RESP-22..24" and "R-REQ-14/15" cite several rules at once.
    private static IEnumerable<string> Expand(Match match)
    {
        var family = match.Groups["family"].Value;
        var first = int.Parse(match.Groups["first"].Value);
        var last = match.Groups["last"].Success ? int.Parse(match.Groups["last"].Value) : first;
        for (var number = first; number <= last; number++)
            yield return $"R-{family}-{number}";
        foreach (Capture other in match.Groups["other"].Captures)
            yield return $"R-{family}-{int.Parse(other.Value)}";
    }

    [GeneratedRegex(@"R-(?<family>REQ|RESP|WIRE|CQ|VERB|BE)-(?<first>\d+)(\.\.(?<last>\d+))?([/,]\s?(?<other>\d+))*")]
    private static partial Regex Rule();
}

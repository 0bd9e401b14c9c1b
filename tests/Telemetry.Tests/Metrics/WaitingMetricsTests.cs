using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Metrics;

/// <summary>
/// Metrics that are named and have nothing to count yet. When the subsystem comes into the tree, this fails until they are in the
/// catalogue; then their row goes from here.
/// </summary>
public sealed class WaitingMetricsTests
{
    // The connection manager, and congestion: marks that the transport looks at, notifications, and the rate they lead to.
    private static readonly string[] s_connecting = ["Connect", "Cm", "ConnectionManager", "CommunicationManager"];
    private static readonly string[] s_congestion = ["Congestion", "Cnp", "Dcqcn", "Ecn", "Rate"];

    // They only look like it: the options of ConnectTo, and a limiter and a marker that are put into a graph by hand.
    private static readonly string[] s_others = ["ConnectOptions.cs", "RateLimiterStage.cs", "RateLimit.cs", "EcnMarkerStage.cs"];

    /// <summary>What waits, and words that end its wait: one that the name of a source or of its folder begins with.</summary>
    public static TheoryData<string, string[]> Waiting => new()
    {
        { "rdma.cm.connections", s_connecting },
        { "rdma.cm.connect.duration", s_connecting },
        { "rdma.cm.messages", s_connecting },
        { "rdma.ecn.marked", s_congestion },
        { "rdma.cnp", s_congestion },
        { "rdma.rate.limit", s_congestion },
    };

    [Theory]
    [MemberData(nameof(Waiting))]
    public void ASubsystemDoesNotComeWithoutItsMetrics(string metric, string[] words)
    {
        string[] sources = [.. Sources().Where(source => IsOf(source, words))];
        Assert.True(
            sources.Length == 0 || MetricCatalogue.All.Any(m => m.Name == metric),
            $"{string.Join(", ", sources)} came without '{metric}': put it into the catalogue and publish it.");
    }

    [Theory]
    [InlineData("Stages/Protocol/Congestion/Dcqcn.cs")]
    [InlineData("Stages/Transport/CnpGenerator.cs")]
    [InlineData("Backends/Udp/RatePacer.cs")]
    [InlineData("Stages/Protocol/SendQueue/Ecn.cs")]
    public void ASourceOfASubsystemIsFoundWhereverItIs(string source)
    {
        Assert.True(IsOf(source, s_congestion));
        Assert.False(IsOf(source, s_connecting));
        Assert.False(IsOf("Stages/Protocol/SendQueue/Requester.cs", s_congestion));
    }

    private static IEnumerable<string> Sources() =>
        from folder in new[] { "src/Verbs", "src/Stages", "src/Backends" }
        from source in Directory.EnumerateFiles(SourceTree.Find(folder), "*.cs", SearchOption.AllDirectories)
        let path = Path.GetRelativePath(SourceTree.Find("src"), source).Replace(Path.DirectorySeparatorChar, '/')
        where !path.Contains("/obj/", StringComparison.Ordinal) && !s_others.Contains(Path.GetFileName(source))
        select path;

    // A word that goes on in a lower case letter is another one: Rated, Connecting.
    private static bool IsOf(string path, string[] words) => path.Split('/').Any(part => words.Any(word =>
        part.StartsWith(word, StringComparison.Ordinal) && (part.Length == word.Length || !char.IsLower(part[word.Length]))));

    [Fact]
    public void EveryNamedMetricIsInTheCatalogueOrWaits()
    {
        string[] names = [.. typeof(MetricNames).GetFields().Select(f => (string)f.GetRawConstantValue()!)];
        Assert.Equal(names.Order(), MetricCatalogue.All.Select(m => m.Name).Order());
    }
}

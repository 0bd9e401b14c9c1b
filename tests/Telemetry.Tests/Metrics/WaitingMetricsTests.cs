using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Metrics;

/// <summary>
/// Metrics that are named and have nothing to count yet. When the subsystem comes into the tree, this fails until they are in the
/// catalogue; then their row goes from here.
/// </summary>
public sealed class WaitingMetricsTests
{
    /// <summary>What waits, and the sources that end its wait: a folder, and how the name of a file there begins or ends.</summary>
    public static TheoryData<string, string, string> Waiting => new()
    {
        // The connection manager.
        { "rdma.cm.connections", "src/Verbs/Connect", "*.cs" },
        { "rdma.cm.connect.duration", "src/Verbs/Connect", "*.cs" },
        { "rdma.cm.messages", "src/Verbs/Connect", "*.cs" },
        // Congestion: marks that the transport looks at, notifications, and the rate they lead to.
        { "rdma.ecn.marked", "src/Stages/Protocol", "*Congestion*.cs" },
        { "rdma.ecn.marked", "src/Stages/Protocol", "*Ecn*.cs" },
        { "rdma.cnp", "src/Stages/Protocol", "*Congestion*.cs" },
        { "rdma.cnp", "src/Stages/Protocol", "*Cnp*.cs" },
        { "rdma.rate.limit", "src/Stages/Protocol", "*Congestion*.cs" },
        { "rdma.rate.limit", "src/Stages/Protocol", "*Rate*.cs" },
        // What changes a running graph.
        { "rdma.graph.reconfigurations", "src/Stages/Graph", "*Reconfigur*.cs" },
        { "rdma.graph.reconfiguration.duration", "src/Stages/Graph", "*Reconfigur*.cs" },
    };

    [Theory]
    [MemberData(nameof(Waiting))]
    public void ASubsystemDoesNotComeWithoutItsMetrics(string metric, string folder, string files)
    {
        string[] sources = Directory.Exists(SourceTree.Find(folder))
            ? Directory.GetFiles(SourceTree.Find(folder), files, SearchOption.AllDirectories)
            : [];
        sources = [.. sources.Where(s => !s.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}"))];
        Assert.True(
            sources.Length == 0 || MetricCatalogue.All.Any(m => m.Name == metric),
            $"{string.Join(", ", sources.Select(Path.GetFileName))} came without '{metric}': put it into the catalogue and publish it.");
    }

    [Fact]
    public void EveryNamedMetricIsInTheCatalogueOrWaits()
    {
        string[] names = [.. typeof(MetricNames).GetFields().Select(f => (string)f.GetRawConstantValue()!)];
        Assert.Equal(names.Order(), MetricCatalogue.All.Select(m => m.Name).Order());
    }
}

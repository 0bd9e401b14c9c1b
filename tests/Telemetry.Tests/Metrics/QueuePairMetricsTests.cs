using RdmaPipeline.TelemetryTests.Metrics.Kit;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;
using M = RdmaPipeline.Telemetry.MetricNames;

namespace RdmaPipeline.TelemetryTests.Metrics;

/// <summary>How far queue pairs are told apart (telemetry.md 6); whatever is chosen, the sums are the same and only grow.</summary>
public sealed class QueuePairMetricsTests
{
    private static readonly (string, object?) Sent = (A.IoDirection, A.Transmit);

    [Fact]
    public void ByDefaultServicesAreToldApartAndNothingElse()
    {
        using var scene = new MetricScene();
        scene.Connect(QueuePairType.UnreliableConnection);
        scene.Run(SendOpcode.RdmaWrite, 100);
        var packets = scene.A.Metrics.Find(M.Packets, Sent);
        Assert.Equal(["rc", "uc"], packets.Select(s => (string)s.Tags[A.Transport]!).Order());
        Assert.All(scene.A.Metrics.Observed, s => Assert.DoesNotContain(A.QueuePairNumber, s.Tags.Keys));
    }

    [Fact]
    public void NoneIsOneSeriesForTheDevice()
    {
        using var scene = Open(QueuePairMetrics.None);
        scene.Run(SendOpcode.RdmaWrite, 100);
        var series = Assert.Single(scene.A.Metrics.Find(M.Packets, Sent));
        Assert.Equal([A.IoDirection, A.DeviceName], series.Tags.Keys.Order());
        Assert.Equal(1, series.Value);
    }

    [Fact]
    public void ByPeerNamesThePeer()
    {
        using var scene = Open(QueuePairMetrics.ByPeer);
        scene.Run(SendOpcode.RdmaWrite, 100);
        Assert.Equal(1, scene.A.Metrics.Sum(M.Packets, Sent, (A.PeerAddress, "10.0.0.2")));
        scene.A.QueuePair.Dispose();
        scene.Collect();
        Assert.Empty(scene.A.Metrics.Find(M.Packets, (A.PeerAddress, "10.0.0.2")));
        Assert.Equal(1, scene.A.Metrics.Sum(M.Packets, Sent, (A.PeerAddress, "closed")));
    }

    [Fact]
    public void AllTellsEachAndClosedKeepsThoseThatAreGone()
    {
        using var scene = Open(QueuePairMetrics.All);
        var (second, _) = scene.Connect();
        scene.Run(SendOpcode.RdmaWrite, 100);
        var first = scene.A.QueuePair;
        scene.A.QueuePair = second;
        scene.Run(SendOpcode.RdmaWrite, 2 * MetricScene.Mtu, completions: 2);
        var m = scene.A.Metrics;
        Assert.Equal((1, 2), (m.Sum(M.Packets, Sent, Number(first)), m.Sum(M.Packets, Sent, Number(second))));
        var sums = SumsOf(m);
        first.Dispose();
        scene.Collect();
        Assert.Empty(m.Find(M.Packets, Number(first)));
        Assert.Equal((1, 2), (m.Sum(M.Packets, Sent, (A.QueuePairNumber, "closed")), m.Sum(M.Packets, Sent, Number(second))));
        Assert.Equal(sums, SumsOf(m));
    }

    [Fact]
    public void SelectedTellsThoseAndOtherTheRest()
    {
        QueuePair? chosen = null;
        int asked = 0;
        using var scene = Open(QueuePairMetrics.Selected(qp =>
        {
            asked++;
            return qp == chosen;
        }));
        chosen = scene.A.QueuePair;
        var (second, _) = scene.Connect();
        scene.Run(SendOpcode.RdmaWrite, 100);
        scene.A.QueuePair = second;
        scene.Run(SendOpcode.RdmaWrite, 100, completions: 2);
        var m = scene.A.Metrics;
        Assert.Equal((1, 1), (m.Sum(M.Packets, Sent, Number(chosen)), m.Sum(M.Packets, Sent, (A.QueuePairNumber, "other"))));
        Assert.Empty(m.Find(M.Packets, Number(second)));
        // Two on each side, each once.
        Assert.Equal(4, asked);
    }

    // What a queue pair counted among the others stays with them when it rises, and what it counted at the top joins them when it falls.
    [Fact]
    public void TheBusiestChangeAndNoSeriesShrinks()
    {
        using var scene = Open(QueuePairMetrics.TopK(1));
        var first = scene.A.QueuePair;
        var (second, _) = scene.Connect();
        var m = scene.A.Metrics;
        scene.Collect();
        scene.Run(SendOpcode.RdmaWrite, MetricScene.Mtu);
        scene.Fabric.Advance(TimeSpan.FromSeconds(2));
        scene.Collect();
        Assert.Single(m.Find(M.Packets, Sent, Number(first)));
        Assert.Empty(m.Find(M.Packets, Sent, Number(second)));
        scene.A.QueuePair = second;
        var before = m.Find(M.Packets, Sent, (A.QueuePairNumber, "other")).Sum(s => s.Value);
        scene.Run(SendOpcode.RdmaWrite, 10 * MetricScene.Mtu, completions: 2);
        scene.Fabric.Advance(TimeSpan.FromSeconds(2));
        scene.Collect();
        Assert.Single(m.Find(M.Packets, Sent, Number(second)));
        Assert.Empty(m.Find(M.Packets, Sent, Number(first)));
        Assert.True(m.Sum(M.Packets, Sent, (A.QueuePairNumber, "other")) >= before);
        Assert.Equal(11, m.Sum(M.Packets, Sent));
        // What it does at the top is its own.
        scene.Run(SendOpcode.RdmaWrite, 3 * MetricScene.Mtu, completions: 3);
        Assert.Equal((3, 14), (m.Sum(M.Packets, Sent, Number(second)), m.Sum(M.Packets, Sent)));
    }

    [Fact]
    public void TooManyOneByOneIsAWarningGivenOnce()
    {
        var warnings = new List<string>();
        var device = new DeviceOptions { QueuePairMetrics = QueuePairMetrics.All, Warned = warnings.Add };
        using var scene = new MetricScene(QueuePairType.UnreliableDatagram, device);
        for (int i = 0; i < QueuePairMetrics.WarningLimit; i++)
            scene.A.MakeQueuePair(QueuePairType.UnreliableDatagram);
        Assert.Empty(warnings);
        for (int i = 0; i < 3; i++)
            scene.A.MakeQueuePair(QueuePairType.UnreliableDatagram);
        Assert.Contains("1500 queue pairs", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void WrongChoicesAreErrors()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => QueuePairMetrics.TopK(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => QueuePairMetrics.TopK(QueuePairMetrics.WarningLimit + 1));
        Assert.Throws<ArgumentNullException>(() => QueuePairMetrics.Selected(null!));
    }

    [Theory]
    [InlineData("none", false)]
    [InlineData("ByPeer", false)]
    [InlineData("TopK:8", false)]
    [InlineData("TopK:0", true)]
    [InlineData("TopK:1501", true)]
    [InlineData("top", true)]
    [InlineData("", true)]
    public void ATextChoosesThem(string text, bool isWrong)
    {
        Assert.Equal(!isWrong, QueuePairMetrics.TryParse(text, null, out var metrics));
        Assert.Equal(isWrong, metrics is null);
    }

    private static MetricScene Open(QueuePairMetrics metrics) => new(device: new DeviceOptions { QueuePairMetrics = metrics });

    private static (string, object?) Number(QueuePair queuePair) => (A.QueuePairNumber, $"{queuePair.Number}");

    private static Dictionary<string, double> SumsOf(Collected m) =>
        new[] { M.Packets, M.Io, M.WorkRequests, M.Completions, M.Acks, M.Requests }.ToDictionary(name => name, name => m.Sum(name));
}

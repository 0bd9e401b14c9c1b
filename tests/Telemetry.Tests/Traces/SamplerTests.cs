using System.Diagnostics;
using System.Net;
using RdmaPipeline.Backends;
using RdmaPipeline.ConformanceTests.Device;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>Which messages are traced: the same ones at both ends, though nothing on the wire says so.</summary>
public sealed class SamplerTests : IDisposable
{
    private readonly SpanLog _log = new();

    public void Dispose() => _log.Dispose();

    // Over real sockets nothing rides along: each end goes by its own sampler.
    [Theory]
    [InlineData(QueuePairType.ReliableConnection)]
    [InlineData(QueuePairType.UnreliableConnection)]
    public async Task BothEndsChooseTheSameMessages(QueuePairType type)
    {
        var (here, there, port) = (FreePorts.LoopbackAddress(1), FreePorts.LoopbackAddress(2), FreePorts.Next());
        using var left = Open(here, port, interval: 8);
        using var right = Open(there, port, interval: 8);
        var (a, b) = (new UdpEnd(left, type), new UdpEnd(right, type));
        a.QueuePair.ConnectTo(b.QueuePair.LocalEndpoint);
        b.QueuePair.ConnectTo(a.QueuePair.LocalEndpoint);
        for (int i = 0; i < 400; i++)
            await a.SendToAsync(b);
        // A span ends just after its completion, or after its answer has left: the shard is behind that when it has done what comes next.
        a.QueuePair.Query();
        b.QueuePair.Query();

        var sent = Messages($"{here}", "send");
        var received = Messages($"{there}", "process");
        Assert.InRange(sent.Count, 25, 85);
        Assert.Equal(sent.Select(s => s.GetTagItem(A.MessageSequence)), received.Select(s => s.GetTagItem(A.MessageSequence)));
        Assert.Equal(sent.Select(s => s.GetTagItem(A.FirstPsn)), received.Select(s => s.GetTagItem(A.FirstPsn)));
        Assert.All(received, span => Assert.DoesNotContain(span.Links, link => sent.Any(s => s.Context == link.Context)));
    }

    // Within four standard deviations of what a fair coin for each message gives; the seed makes it the same numbers each time.
    [Theory]
    [InlineData(0.7)]
    [InlineData(0.4)]
    [InlineData(0.3)]
    public async Task BothEndsChooseTheSamePartWhereOneIsAskedFor(double ratio)
    {
        const int Count = 2000;
        var (here, there, port) = (FreePorts.LoopbackAddress(1), FreePorts.LoopbackAddress(2), FreePorts.Next());
        var traced = new DeviceOptions { Seed = 11, Traces = new TracingOptions { SampleRatio = ratio } };
        using var left = RdmaPipelineDevice.Open($"udp://{here}:{port}", traced);
        using var right = RdmaPipelineDevice.Open($"udp://{there}:{port}", traced);
        var (a, b) = (new UdpEnd(left, QueuePairType.ReliableConnection), new UdpEnd(right, QueuePairType.ReliableConnection));
        a.QueuePair.ConnectTo(b.QueuePair.LocalEndpoint);
        b.QueuePair.ConnectTo(a.QueuePair.LocalEndpoint);
        for (int i = 0; i < Count; i++)
            await a.SendToAsync(b);
        a.QueuePair.Query();
        b.QueuePair.Query();

        var sent = Messages($"{here}", "send");
        var deviation = 4 * Math.Sqrt(Count * ratio * (1 - ratio));
        Assert.InRange(sent.Count, (Count * ratio) - deviation, (Count * ratio) + deviation);
        Assert.Equal(sent.Select(s => s.GetTagItem(A.MessageSequence)),
            Messages($"{there}", "process").Select(s => s.GetTagItem(A.MessageSequence)));
    }

    // What lies ahead is looked for in time, from the first message on: the whole way is known. A message of three packets takes three
    // numbers of an unreliable connection.
    [Theory]
    [InlineData(QueuePairType.ReliableConnection, 64)]
    [InlineData(QueuePairType.ReliableConnection, 700)]
    [InlineData(QueuePairType.UnreliableConnection, 64)]
    [InlineData(QueuePairType.UnreliableConnection, 700)]
    public async Task TheWholeWayOfEveryMessageIsKnown(QueuePairType type, int length)
    {
        var (here, there, port) = (FreePorts.LoopbackAddress(1), FreePorts.LoopbackAddress(2), FreePorts.Next());
        using var left = Open(here, port, interval: 8);
        using var right = Open(there, port, interval: 8);
        for (int connection = 0; connection < 8; connection++)
        {
            var (a, b) = (new UdpEnd(left, type), new UdpEnd(right, type));
            a.QueuePair.ConnectTo(b.QueuePair.LocalEndpoint, new ConnectOptions { PathMtu = Verbs.PathMtu.Mtu256 });
            b.QueuePair.ConnectTo(a.QueuePair.LocalEndpoint, new ConnectOptions { PathMtu = Verbs.PathMtu.Mtu256 });
            for (int i = 0; i < 30; i++)
                await a.SendToAsync(b, length);
            b.QueuePair.Query();
        }

        string[] stages = ["stage decode", "stage dispatch", "stage receive", "stage responder"];
        var received = Messages($"{there}", "process");
        Assert.InRange(received.Count, 10, 80);
        Assert.All(received, span => Assert.Equal(stages, _log.Stages(span).Where(stages.Contains).Order()));
    }

    // The numbers begin anew, and what was known of the old connection's says nothing of the new one's.
    [Fact]
    public async Task AnotherPeerIsSampledAnew()
    {
        var (here, there, port) = (FreePorts.LoopbackAddress(1), FreePorts.LoopbackAddress(2), FreePorts.Next());
        using var left = Open(here, port, interval: 16);
        using var right = Open(there, port, interval: 16);
        var a = new UdpEnd(left, QueuePairType.ReliableConnection);
        for (int peer = 0; peer < 20; peer++)
        {
            var b = new UdpEnd(right, QueuePairType.ReliableConnection);
            a.QueuePair.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
            a.QueuePair.ConnectTo(b.QueuePair.LocalEndpoint);
            b.QueuePair.ConnectTo(a.QueuePair.LocalEndpoint);
            for (int i = 0; i < 20; i++)
                await a.SendToAsync(b);
            b.QueuePair.Query();
        }
        a.QueuePair.Query();

        var sent = Messages($"{here}", "send");
        Assert.InRange(sent.Count, 5, 60);
        Assert.Equal(Ends(sent, A.PeerQueuePairNumber), Ends(Messages($"{there}", "process"), A.QueuePairNumber));

        static IEnumerable<(object?, object?)> Ends(List<Activity> spans, string receiver) => spans
            .Select(span => (span.GetTagItem(receiver), span.GetTagItem(A.MessageSequence))).Order();
    }

    [Fact]
    public void ARarerSamplerChoosesAPartOfWhatAMoreFrequentOneDoes()
    {
        var frequent = Chosen(4);
        var rare = Chosen(32);
        Assert.InRange(frequent.Count, 350, 650);
        Assert.InRange(rare.Count, 30, 100);
        Assert.Empty(rare.Except(frequent));
    }

    [Fact]
    public void NothingIsSaidWhereNobodyAsks()
    {
        using var scene = new FabricScene(host: new FabricHostOptions
        {
            Device = new DeviceOptions { Traces = new TracingOptions { SampleInterval = 0 } },
        });
        scene.WriteAll(30_000);
        Assert.Empty(_log.Of("a", "write"));
        Assert.Empty(_log.Of("b", "process"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData((1 << 30) + 1)]
    public void AnIntervalOutOfItsRangeIsNamed(int interval)
    {
        var wrong = Assert.Throws<ArgumentException>(() => RdmaPipelineDevice.Open(
            "mem://sampler/a", new DeviceOptions { Traces = new TracingOptions { SampleInterval = interval } }));
        Assert.Contains($"Traces.SampleInterval is {interval}; it must lie in 0 to 1073741824", wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1_000_001)]
    public void ALimitOutOfItsRangeIsNamed(int limit)
    {
        var wrong = Assert.Throws<ArgumentException>(() => RdmaPipelineDevice.Open(
            "mem://sampler/a", new DeviceOptions { Traces = new TracingOptions { MaxPerSecond = limit } }));
        Assert.Contains($"Traces.MaxPerSecond is {limit}; it must lie in 0 to 1000000", wrong.Message, StringComparison.Ordinal);
    }

    // Two thousand messages in a few thousandths of a second: the limit of one is reached, and then that of a half, a quarter …
    [Fact]
    public void ABusyDeviceTracesAPartOfWhatItWouldWithoutALimit()
    {
        var all = Chosen(4);
        var few = Chosen(4, limit: 10);
        Assert.InRange(few.Count, 10, 100);
        Assert.Empty(few.Except(all));
    }

    // The same connection, twice.
    private List<object?> Chosen(int interval, int limit = 0)
    {
        using var scene = new FabricScene(seed: 11, host: new FabricHostOptions
        {
            Device = new DeviceOptions { Traces = new TracingOptions { SampleInterval = interval, MaxPerSecond = limit } },
        });
        using var log = new SpanLog();
        for (int i = 0; i < 2000; i++)
        {
            scene.A.Write(scene.B, 8);
            scene.Fabric.RunUntil(() => scene.A.Has(i + 1));
        }
        return [.. log.Of("a", "write").Select(span => span.GetTagItem(A.MessageSequence))];
    }

    private static RdmaDevice Open(IPAddress address, int port, int interval) => RdmaPipelineDevice.Open(
        $"udp://{address}:{port}", new DeviceOptions { Traces = new TracingOptions { SampleInterval = interval, MaxPerSecond = 0 } });

    private List<Activity> Messages(string address, string prefix) => [.. _log.All
        .Where(s => s.DisplayName.StartsWith(prefix, StringComparison.Ordinal) && s.GetTagItem(A.DeviceName) is string name
            && name.Contains(address, StringComparison.Ordinal))
        .OrderBy(s => (long)s.GetTagItem(A.MessageSequence)!)];
}

using RdmaPipeline.ConformanceTests.Device;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>A connection beside the others says which traces their messages belong to.</summary>
public sealed class SideChannelTests
{
    [Fact]
    public async Task TheReceiversSpansLinkToTheSendersThoughTheirPacketsSayNothing()
    {
        using var log = new SpanLog();
        var options = new DeviceOptions { Traces = new TracingOptions { SampleInterval = 4, MaxPerSecond = 0 } };
        var (here, there, port) = (FreePorts.LoopbackAddress(5), FreePorts.LoopbackAddress(6), FreePorts.Next());
        using var left = RdmaPipelineDevice.Open($"udp://{here}:{port}", options);
        using var right = RdmaPipelineDevice.Open($"udp://{there}:{port}", options);
        var (near, far) = (new ControlEnd(left), new ControlEnd(right));
        near.QueuePair.ConnectTo(far.QueuePair.LocalEndpoint);
        far.QueuePair.ConnectTo(near.QueuePair.LocalEndpoint);
        using var stop = new CancellationTokenSource();
        var running = Task.WhenAll(near.Channel.RunAsync(stop.Token), far.Channel.RunAsync(stop.Token));

        var (a, b) = (new UdpEnd(left, QueuePairType.ReliableConnection), new UdpEnd(right, QueuePairType.ReliableConnection));
        a.QueuePair.ConnectTo(b.QueuePair.LocalEndpoint);
        b.QueuePair.ConnectTo(a.QueuePair.LocalEndpoint);
        for (int i = 0; i < 100; i++)
            await a.SendToAsync(b);
        // A span ends just after its completion: the shard is behind it when it has done what comes next.
        a.QueuePair.Query();

        int sampled = log.All.Count(s => s.DisplayName.StartsWith("send ", StringComparison.Ordinal));
        Assert.InRange(sampled, 10, 50);
        Assert.True(log.Await(sampled, "process "));
        var sent = log.All.Where(s => s.DisplayName.StartsWith("send ", StringComparison.Ordinal)).ToDictionary(s => s.SpanId);
        Assert.All(log.All.Where(s => s.DisplayName.StartsWith("process ", StringComparison.Ordinal)), span =>
        {
            var link = Assert.Single(span.Links, l => sent.ContainsKey(l.Context.SpanId));
            Assert.Equal(sent[link.Context.SpanId].GetTagItem(A.FirstPsn), span.GetTagItem(A.FirstPsn));
        });
        Assert.Equal(sampled, near.Channel.Sent);
        Assert.Equal(sampled, far.Channel.Received);
        Assert.Equal(0, near.Channel.Dropped);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        near.QueuePair.Dispose();
        far.QueuePair.Dispose();
    }

    [Fact] // What nobody tells of is let go after a second or two, without a link.
    public async Task ASpanDoesNotWaitForEver()
    {
        using var log = new SpanLog();
        var options = new DeviceOptions { Traces = new TracingOptions { SampleInterval = 1 } };
        var (here, there, port) = (FreePorts.LoopbackAddress(7), FreePorts.LoopbackAddress(8), FreePorts.Next());
        using var left = RdmaPipelineDevice.Open($"udp://{here}:{port}", options);
        using var right = RdmaPipelineDevice.Open($"udp://{there}:{port}", options);
        var (near, far) = (new ControlEnd(left), new ControlEnd(right));
        near.QueuePair.ConnectTo(far.QueuePair.LocalEndpoint);
        far.QueuePair.ConnectTo(near.QueuePair.LocalEndpoint);
        using var stop = new CancellationTokenSource();
        // Only the receiver's end runs.
        var running = far.Channel.RunAsync(stop.Token);
        var (a, b) = (new UdpEnd(left, QueuePairType.ReliableConnection), new UdpEnd(right, QueuePairType.ReliableConnection));
        a.QueuePair.ConnectTo(b.QueuePair.LocalEndpoint);
        b.QueuePair.ConnectTo(a.QueuePair.LocalEndpoint);
        await a.SendToAsync(b);
        Assert.True(log.Await(1, "process "));
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        near.QueuePair.Dispose();
        far.QueuePair.Dispose();
    }

    [Fact]
    public void AQueuePairOfAnotherKindIsRefused()
    {
        using var device = RdmaPipelineDevice.Open("mem://side-channel/a");
        var domain = device.CreateProtectionDomain();
        var (one, two) = (device.CreateCompletionQueue(64), device.CreateCompletionQueue(64));
        var datagrams = domain.CreateQueuePair(new()
        {
            Type = QueuePairType.UnreliableDatagram, SendCompletionQueue = one, ReceiveCompletionQueue = one,
        });
        Assert.Contains("UnreliableDatagram", Assert.Throws<ArgumentException>(() => new TraceSideChannel(datagrams)).Message,
            StringComparison.Ordinal);
        var parted = domain.CreateQueuePair(new() { SendCompletionQueue = one, ReceiveCompletionQueue = two });
        Assert.Contains("two completion queues", Assert.Throws<ArgumentException>(() => new TraceSideChannel(parted)).Message,
            StringComparison.Ordinal);
    }

    private sealed class ControlEnd
    {
        public ControlEnd(RdmaDevice device)
        {
            var queue = device.CreateCompletionQueue(64);
            QueuePair = device.CreateProtectionDomain().CreateQueuePair(
                new() { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
            QueuePair.Initialize();
            Channel = new TraceSideChannel(QueuePair);
        }

        public QueuePair QueuePair { get; }

        public TraceSideChannel Channel { get; }
    }
}

using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Hosting.Control;
using RdmaPipeline.Hosting.Control.Taps;
using RdmaPipeline.HostingTests.Service;
using RdmaPipeline.HostingTests.Streams;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.HostingTests.Control;

/// <summary>Taps in the edges of a running graph: what is seen is what passed, and nobody waits for who looks.</summary>
[Collection(DeviceCollection.Name)]
public sealed class TapTests : IDisposable
{
    private const int PacketsPerWrite = Link.Size / 4096;

    // Opcodes of a reliable connection, from RDMA WRITE First to RDMA WRITE Only.
    private const byte FirstWrite = 6;
    private const byte LastWrite = 10;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly RuntimeDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // Frames of a socket have their headers made up; the ICRC, which covers most of them, still fits.
    [Theory]
    [InlineData(StreamMedium.Memory, "encode->send", 0)]
    [InlineData(StreamMedium.Memory, "receive → decode", 1)]
    [InlineData(StreamMedium.Udp, "encode->send", 0)]
    [InlineData(StreamMedium.Udp, "decode", 1)]
    public async Task EveryPacketThatPassesIsCapturedWhole(StreamMedium medium, string edge, int end)
    {
        var (a, b) = StreamPair.Open(medium);
        using (a)
        using (b)
        {
            await using var server = ControlServer.Start();
            await using var client = await ControlClient.ConnectAsync(Environment.ProcessId);
            var link = new Link(a, b);
            var device = end == 0 ? a : b;
            var tap = await client.BeginTapAsync(edge, device.Name);
            Assert.Equal(("Ethernet", device.Name), (tap.Link, tap.Device));
            await WriteAsync(link, 1);
            await client.EndTapAsync();
            var frames = new List<byte[]>();
            while (await client.NextPacketAsync().WaitAsync(s_patience) is { Packet: { } packet })
                frames.Add(packet.Frame);
            Assert.Equal(PacketsPerWrite, frames.Count(IsWrite));
            Assert.All(frames, frame => Assert.True(IcrcFits(frame)));
            Assert.False(IsTapped(device));
        }
    }

    [Fact]
    public async Task WhoLooksTooSlowlyMissesPacketsAndHoldsUpNobody()
    {
        const int Writes = 60;
        var (a, b) = StreamPair.Open(StreamMedium.Memory);
        using (a)
        using (b)
        {
            await using var server = ControlServer.Start();
            await using var client = await ControlClient.ConnectAsync(Environment.ProcessId);
            var link = new Link(a, b);
            await client.BeginTapAsync("encode", a.Name);
            await WriteAsync(link, Writes);
            await client.EndTapAsync();
            long seen = 0;
            (TappedPacket? Packet, long Missed) next;
            while ((next = await client.NextPacketAsync().WaitAsync(s_patience)).Packet is not null)
                seen++;
            Assert.InRange(next.Missed, 1, (Writes * PacketsPerWrite) - seen);
            Assert.Equal(0, a.GetPipeline().HardwareCounters["completer_retry_err"]);
        }
    }

    [Theory]
    [InlineData("nowhere", null, "edge is 'nowhere'; it must be one of")]
    [InlineData("dispatch", null, "dispatch.requests→responder")]
    [InlineData("encode", "side", "device is side; it must be one of")]
    public async Task WhatIsNotThereIsRefusedWithWhatThereIs(string edge, string? device, string error)
    {
        using var a = RdmaPipelineDevice.Open(TestHost.Address("a"));
        await using var server = ControlServer.Start();
        await using var client = await ControlClient.ConnectAsync(Environment.ProcessId);
        var fault = await Assert.ThrowsAsync<IOException>(() => client.BeginTapAsync(edge, device ?? a.Name));
        Assert.Contains(error, fault.Message, StringComparison.Ordinal);
        await client.HelloAsync();
    }

    [Fact]
    public async Task PacketsWithoutFramesAreRefused()
    {
        var (a, b) = StreamPair.Open(StreamMedium.Memory);
        using (a)
        using (b)
        {
            await using var server = ControlServer.Start();
            await using var client = await ControlClient.ConnectAsync(Environment.ProcessId);
            var link = new Link(a, b);
            await client.BeginTapAsync("requester", a.Name);
            await WriteAsync(link, 1);
            var fault = await Assert.ThrowsAsync<IOException>(() => client.NextPacketAsync().WaitAsync(s_patience));
            Assert.Contains("have no frames yet", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AClientThatGoesAwayTakesItsTapAlong()
    {
        using var a = RdmaPipelineDevice.Open(TestHost.Address("a"));
        await using var server = ControlServer.Start();
        await using (var client = await ControlClient.ConnectAsync(Environment.ProcessId))
            await client.BeginTapAsync("decode", a.Name);
        using var clock = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        using var limit = new CancellationTokenSource(s_patience);
        while (IsTapped(a))
            await clock.WaitForNextTickAsync(limit.Token);
        Assert.Equal(3, a.GetPipeline().Describe().Revision);
    }

    private static async Task WriteAsync(Link link, int writes)
    {
        var done = new WorkCompletion[1];
        for (int i = 0; i < writes; i++)
        {
            link.Write();
            await link.Queue.PollAsync(done).AsTask().WaitAsync(s_patience);
            Assert.Equal(WorkCompletionStatus.Success, done[0].Status);
        }
    }

    private static bool IsTapped(RdmaDevice device) =>
        device.GetPipeline().Describe().Stages.Any(stage => stage.Name.StartsWith("control_tap", StringComparison.Ordinal));

    private static bool IsWrite(byte[] frame) => frame[LayoutOf(frame).TransportOffset] is >= FirstWrite and <= LastWrite;

    private static bool IcrcFits(byte[] frame) => Icrc.Verify(frame, LayoutOf(frame));

    // Not by the port, which is one of the test's own.
    private static FrameLayout LayoutOf(byte[] frame)
    {
        Assert.True(EthernetHeader.TryParse(frame, out var ethernet));
        bool isIpv4 = ethernet.EtherType == EtherTypes.Ipv4;
        int transport = EthernetHeader.Length + (isIpv4 ? Ipv4Header.Length : Ipv6Header.Length) + UdpHeader.Length;
        return new FrameLayout(
            isIpv4 ? FrameKind.RoCEv2OverIpv4 : FrameKind.RoCEv2OverIpv6, EthernetHeader.Length, transport, frame.Length - transport,
            DropReason.None);
    }
}

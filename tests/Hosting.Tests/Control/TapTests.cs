using System.Buffers.Binary;
using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Hosting.Control;
using RdmaPipeline.Hosting.Control.Taps;
using RdmaPipeline.HostingTests.Service;
using RdmaPipeline.HostingTests.Streams;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Transport.Stages;
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

    // Of the BTH's last word.
    private const int PsnOffset = 8;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly RuntimeDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // Frames of a socket have their headers made up, and in front of encode all of them; the ICRC, which covers most of them, fits.
    [Theory]
    [InlineData(StreamMedium.Memory, "encode->send", 0)]
    [InlineData(StreamMedium.Memory, "receive → decode", 1)]
    [InlineData(StreamMedium.Udp, "encode->send", 0)]
    [InlineData(StreamMedium.Udp, "decode", 1)]
    [InlineData(StreamMedium.Memory, "requester", 0)]
    [InlineData(StreamMedium.Udp, "requester->encode", 0)]
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
            await link.WriteAsync();
            await client.EndTapAsync();
            var frames = new List<byte[]>();
            (TappedPacket? Packet, long Missed) next;
            while ((next = await client.NextPacketAsync().WaitAsync(s_patience)).Packet is { } packet)
                frames.Add(packet.Frame);
            Assert.Equal(0, next.Missed);
            // A busy machine may have a packet sent twice.
            Assert.Equal(PacketsPerWrite, frames.Where(IsWrite).Select(PsnOf).Distinct().Count());
            Assert.All(frames, frame => Assert.True(IcrcFits(frame)));
            Assert.False(IsTapped(device));
        }
    }

    [Fact] // The graph changes between the look for the edge and the tap.
    public async Task AnEdgeThatIsGoneByThenIsRefusedInWords()
    {
        using var device = RdmaPipelineDevice.Open(TestHost.Address("a"));
        var pipeline = device.GetPipeline();
        await pipeline.ReconfigureAsync(graph => graph.Insert(
            "extra", () => new SamplerStage(PacketChoice.OneIn(2), DataflowBlock.NullTarget<PacketBurst>()), "decode"));
        var edge = TapSearch.FindEdge(pipeline.Describe(), "extra");
        await pipeline.ReconfigureAsync(graph => graph.Remove("extra"));
        var fault = await Assert.ThrowsAsync<TapRefusedException>(() => EdgeTap.AttachAsync(pipeline, edge, s_patience, default));
        Assert.StartsWith("edge extra→dispatch cannot be tapped now: Graph ", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith("there is no edge from 'extra.out'.", fault.Message, StringComparison.Ordinal);
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
            await link.WriteAsync(Writes);
            await client.EndTapAsync();
            var (seen, missed) = await DrainAsync(client);
            Assert.InRange(missed, 1, (Writes * PacketsPerWrite) - seen);
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
    public async Task AnEdgeWhereNothingMovesKeepsItsTapUntilItDoes()
    {
        string fabric = TestHost.Address("");
        var valve = new Valve();
        using var a = RdmaPipelineDevice.Open(
            fabric + "a", new() { Retry7IsInfinite = true, Graph = graph => graph.InsertBefore(StageNames.Send, _ => valve) });
        using var b = RdmaPipelineDevice.Open(fabric + "b");
        await using var server = ControlServer.Start(new() { Patience = TimeSpan.FromSeconds(1) });
        await using var client = await ControlClient.ConnectAsync(Environment.ProcessId);
        var link = new Link(a, b);
        await client.BeginTapAsync("encode->valve", a.Name);
        link.Write();
        await valve.Held.WaitAsync(s_patience);
        await client.EndTapAsync();
        var fault = await Assert.ThrowsAsync<IOException>(() => DrainAsync(client));
        Assert.Contains("The tap goes when it can.", fault.Message, StringComparison.Ordinal);
        Assert.True(IsTapped(a));
        valve.Open();
        await link.FinishAsync();
        await UntilUntapped(a);
    }

    [Fact]
    public async Task WhoeverChangesTheGraphMayTakeATapOutButNotBackIn()
    {
        using var a = RdmaPipelineDevice.Open(TestHost.Address("a"));
        await using var server = ControlServer.Start();
        await using var client = await ControlClient.ConnectAsync(Environment.ProcessId);
        var pipeline = a.GetPipeline();
        await client.BeginTapAsync("decode", a.Name);
        long tapped = pipeline.Describe().Revision;
        await pipeline.RollbackAsync();
        Assert.Equal((0, 0), await DrainAsync(client));
        var fault = await Assert.ThrowsAsync<StageGraphException>(() => pipeline.RollbackAsync(tapped));
        Assert.Contains("has ended: go back to a revision without it", fault.Message, StringComparison.Ordinal);
        Assert.False(IsTapped(a));
        await client.BeginTapAsync("decode", a.Name);
        Assert.True(IsTapped(a));
    }

    [Fact]
    public async Task ADeviceThatIsClosedEndsItsTaps()
    {
        var a = RdmaPipelineDevice.Open(TestHost.Address("a"));
        await using var server = ControlServer.Start();
        await using var client = await ControlClient.ConnectAsync(Environment.ProcessId);
        await client.BeginTapAsync("decode", a.Name);
        a.Dispose();
        Assert.Equal((0, 0), await DrainAsync(client));
        Assert.DoesNotContain(a.Name, (await client.HelloAsync()).Devices);
    }

    [Fact]
    public async Task AClientThatGoesAwayTakesItsTapAlong()
    {
        using var a = RdmaPipelineDevice.Open(TestHost.Address("a"));
        await using var server = ControlServer.Start();
        await using (var client = await ControlClient.ConnectAsync(Environment.ProcessId))
            await client.BeginTapAsync("decode", a.Name);
        await UntilUntapped(a);
        Assert.Equal(3, a.GetPipeline().Describe().Revision);
    }

    private static async Task<(long Seen, long Missed)> DrainAsync(ControlClient client)
    {
        for (long seen = 0; ; seen++)
        {
            var (packet, missed) = await client.NextPacketAsync().WaitAsync(s_patience);
            if (packet is null)
                return (seen, missed);
        }
    }

    private static async Task UntilUntapped(RdmaDevice device)
    {
        using var clock = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        using var limit = new CancellationTokenSource(s_patience);
        while (IsTapped(device))
            await clock.WaitForNextTickAsync(limit.Token);
    }

    private static bool IsTapped(RdmaDevice device) =>
        device.GetPipeline().Describe().Stages.Any(stage => stage.Name.StartsWith("control_tap", StringComparison.Ordinal));

    private static bool IsWrite(byte[] frame) => frame[LayoutOf(frame).TransportOffset] is >= FirstWrite and <= LastWrite;

    private static uint PsnOf(byte[] frame) =>
        BinaryPrimitives.ReadUInt32BigEndian(frame.AsSpan(LayoutOf(frame).TransportOffset + PsnOffset)) & 0xFF_FFFF;

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

using System.Buffers.Binary;
using System.Globalization;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Tests.Captures;
using RdmaPipeline.Telemetry;
using Xunit.Abstractions;

namespace RdmaPipeline.Protocol.Tests.Framing;

/// <summary>
/// What a UDP socket sends verifies as a whole frame, and what it hides is recovered (R-BE-30, R-BE-31, R-BE-34,
/// R-BE-35).
/// </summary>
public sealed class RoCEv2UdpCodecTests(ITestOutputHelper output) : IDisposable
{
    private const ushort SourcePort = 0xC123;

    private static readonly FlowPath Ipv4Path = new(GidAddress.FromIpv4(0x7F000001), GidAddress.FromIpv4(0x7F000002), 0, 64, 0, SourcePort);

    private static readonly FlowPath Ipv6Path =
        new(new UInt128(0x20010DB800000000, 1), new UInt128(0x20010DB800000000, 2), 0, 64, 0, SourcePort);

    private readonly BurstBuilder _builder = new();

    public void Dispose() => _builder.Dispose();

    [Theory]
    [InlineData("8 8 8 8", true, "0+4")]
    [InlineData("8 8 8 8", false, "0+1 1+1 2+1 3+1")]
    [InlineData("8 8 4 8", true, "0+3 3+1")]
    [InlineData("4 8 8 8", true, "0+1 1+3")]
    [InlineData("8 4 4 4", true, "0+2 2+2")]
    [InlineData("5 6 7 8", true, "0+4")]
    [InlineData("100", true, "0+1")]
    public void RunsHoldEqualPacketsAndAShorterLast(string lengths, bool segmentation, string expected)
    {
        var payloads = lengths.Split(' ').Select(l => new byte[int.Parse(l, CultureInfo.InvariantCulture)]);
        var burst = _builder.Burst(Ipv4Path, [.. payloads]);
        new RoCEv2UdpCodec(SourcePort) { Segmentation = segmentation }.Encode(burst);
        Assert.Equal(expected, string.Join(' ', burst.Runs.Take(burst.RunCount).Select(r => $"{r.FirstPacket}+{r.PacketCount}")));
        foreach (var run in burst.Runs.Take(burst.RunCount))
            AssertContiguous(burst, run);
    }

    [Fact]
    public void ARunStopsAtTheLargestDatagram()
    {
        var burst = _builder.Burst(Ipv4Path, [.. Enumerable.Range(0, 17).Select(_ => new byte[4096])]);
        new RoCEv2UdpCodec(SourcePort) { Segmentation = true }.Encode(burst);
        Assert.Equal((2, 15), (burst.RunCount, burst.Runs[0].PacketCount));
        Assert.All(burst.Runs.Take(2), r => Assert.InRange(r.ByteCount, 1, RoCEv2UdpCodec.MaxRunBytes));
    }

    /// <summary>The kernel gives segment k Identification k: put such headers in front and the frames verify.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatIsSentVerifiesBehindTheKernelsHeaders(bool ipv6)
    {
        var burst = _builder.Burst(ipv6 ? Ipv6Path : Ipv4Path, [.. Enumerable.Range(0, 20).Select(i => new byte[i == 11 ? 100 : 1024])]);
        new RoCEv2UdpCodec(SourcePort) { Segmentation = true }.Encode(burst);
        Assert.Equal(2, burst.RunCount);
        foreach (var run in burst.Runs.Take(burst.RunCount))
        {
            for (var k = 0; k < run.PacketCount; k++)
            {
                var frame = BehindHeaders(burst, run.FirstPacket + k, (ushort)k);
                var layout = EthernetFrame.Locate(frame);
                Assert.True(layout.IsSound);
                Assert.True(Icrc.Verify(frame, layout), $"packet {run.FirstPacket + k}, segment {k}");
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OurOwnPacketsAreProvenInFull(bool ipv6)
    {
        var codec = new RoCEv2UdpCodec(SourcePort) { Segmentation = true };
        var burst = _builder.Burst(ipv6 ? Ipv6Path : Ipv4Path, [.. Enumerable.Range(0, 40).Select(_ => new byte[1024])]);
        codec.Encode(burst);
        Receive(codec, burst);
        Assert.All(burst.Packets.Take(burst.Count), p => Assert.Equal((IcrcStatus.Valid32, DropReason.None, 0x12u),
            (p.Icrc, p.Drop, p.DestinationQueuePair)));
        Assert.Equal(40, codec.Verdicts.Valid32);
        burst.Bytes(burst.Packets[7].TransportOffset + 30, 1)[0] ^= 1;
        Receive(codec, burst);
        Assert.Equal((IcrcStatus.Invalid, 1), (burst.Packets[7].Icrc, codec.Verdicts.Invalid));
    }

    /// <summary>Packets of Soft-RoCE, stripped of what a socket strips, are accepted; a predicted Identification counts in full.</summary>
    [Fact]
    public void RealPacketsAreAcceptedWithoutTheirHeaders()
    {
        var codec = new RoCEv2UdpCodec(SourcePort);
        var history = new Dictionary<UInt128, ushort>();
        var (full, half) = (0, 0);
        foreach (var frame in CaptureFiles.RdmaFrames)
        {
            var layout = EthernetFrame.Locate(frame);
            var burst = Stripped(frame, layout);
            codec.Decode(burst);
            var predicted = layout.Kind == FrameKind.RoCEv2OverIpv6 || Predicts(history, frame, layout);
            Assert.Equal(predicted ? IcrcStatus.Valid32 : IcrcStatus.Valid16, burst.Packets[0].Icrc);
            (full, half) = predicted ? (full + 1, half) : (full, half + 1);
            burst.Release();
        }

        output.WriteLine($"{full} proven in full, {half} by 16 bits");
        Assert.Equal(((long)full, (long)half, 0L), (codec.Verdicts.Valid32, codec.Verdicts.Valid16, codec.Verdicts.Invalid));
        Assert.True(full > 0 && half > 0);
    }

    /// <summary>Also the two bits of a long packet that DF = 0 would explain.</summary>
    [Fact]
    public void EveryFlippedBitIsRefused()
    {
        var codec = new RoCEv2UdpCodec(SourcePort);
        var frame = CaptureFiles.RdmaFrames.First(f => f.Length > 4000 && EthernetFrame.Locate(f).Kind == FrameKind.RoCEv2OverIpv4);
        var burst = Stripped(frame, EthernetFrame.Locate(frame));
        var transport = burst.Bytes(0, burst.Packets[0].FrameLength);
        for (var bit = 0; bit < transport.Length * 8; bit++)
        {
            Receive(codec, burst);
            Assert.NotEqual(IcrcStatus.Invalid, burst.Packets[0].Icrc);
            transport[bit / 8] ^= (byte)(1 << (bit % 8));
            Receive(codec, burst);
            Assert.Equal(bit / 8 == 4, burst.Packets[0].Icrc != IcrcStatus.Invalid);
            transport[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void ASenderThatClearsDoNotFragmentIsBelieved()
    {
        var codec = new RoCEv2UdpCodec(SourcePort);
        var frame = CaptureFiles.RdmaFrames.First(f => EthernetFrame.Locate(f).Kind == FrameKind.RoCEv2OverIpv4);
        var layout = EthernetFrame.Locate(frame);
        Assert.Equal(IcrcStatus.Valid16, Judge(codec, frame, layout));
        frame[layout.NetworkOffset + 6] = 0;
        Icrc.Write(frame, layout);
        Assert.Equal(IcrcStatus.Valid16, Judge(new RoCEv2UdpCodec(SourcePort), frame, layout));
        Assert.Equal(IcrcStatus.Invalid, Judge(codec, frame, layout));
        Assert.Equal(IcrcStatus.Valid16, Judge(codec, frame, layout));
    }

    [Fact]
    public void AnyBytesDecode()
    {
        var random = TestSeed.Random(output);
        var codec = new RoCEv2UdpCodec(SourcePort);
        for (var i = 0; i < 5000; i++)
        {
            var burst = _builder.Pool.Rent();
            burst.Path = random.Next(2) == 0 ? Ipv4Path : Ipv6Path;
            burst.State = BurstStage.Received;
            ref var packet = ref burst.Append();
            packet.FrameLength = random.Next(200);
            random.NextBytes(burst.Bytes(0, packet.FrameLength));
            codec.Decode(burst);
            Assert.Equal(packet.FrameLength < 16 ? DropReason.BadLength : DropReason.None, packet.Drop);
            Assert.True(packet.FrameLength < 16 || packet.Icrc != IcrcStatus.Unchecked);
            burst.Release();
        }
    }

    private static bool Predicts(Dictionary<UInt128, ushort> history, byte[] frame, in FrameLayout layout)
    {
        var source = FramePath.Read(frame, layout).Source;
        var identification = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(layout.NetworkOffset + 4));
        var predicted = identification == 0 || (history.TryGetValue(source, out var last) && identification == (ushort)(last + 1));
        history[source] = identification;
        return predicted;
    }

    private static void Receive(RoCEv2UdpCodec codec, PacketBurst burst)
    {
        for (var i = 0; i < burst.Count; i++)
            (burst.Packets[i].Icrc, burst.Packets[i].DestinationQueuePair) = (IcrcStatus.Unchecked, 0);
        burst.State = BurstStage.Received;
        codec.Decode(burst);
    }

    private IcrcStatus Judge(RoCEv2UdpCodec codec, byte[] frame, in FrameLayout layout)
    {
        var burst = Stripped(frame, layout);
        codec.Decode(burst);
        return burst.Packets[0].Icrc;
    }

    private PacketBurst Stripped(byte[] frame, in FrameLayout layout)
    {
        var burst = _builder.Pool.Rent();
        burst.Path = FramePath.Read(frame, layout);
        burst.State = BurstStage.Received;
        frame.AsSpan(layout.TransportOffset, layout.TransportLength).CopyTo(burst.Bytes(0, layout.TransportLength));
        burst.Append().FrameLength = layout.TransportLength;
        return burst;
    }

    private static byte[] BehindHeaders(PacketBurst burst, int index, ushort identification)
    {
        ref var packet = ref burst.Packets[index];
        var isIpv4 = GidAddress.IsIpv4(burst.Path.Source);
        var frame = new FrameHeaders
        {
            Kind = isIpv4 ? FrameKind.RoCEv2OverIpv4 : FrameKind.RoCEv2OverIpv6,
            Ethernet = new EthernetHeader(default, default, isIpv4 ? EtherTypes.Ipv4 : EtherTypes.Ipv6),
            Ipv4 = new Ipv4Header
            {
                Identification = identification, DoNotFragment = true, TimeToLive = 7,
                Source = (uint)burst.Path.Source, Destination = (uint)burst.Path.Destination,
            },
            Ipv6 = new Ipv6Header { HopLimit = 7, Source = burst.Path.Source, Destination = burst.Path.Destination },
            Udp = new UdpHeader { SourcePort = SourcePort, DestinationPort = UdpHeader.RoCEv2Port, Checksum = 0xABCD },
        }.Assemble(burst.Bytes(packet.FrameOffset, packet.FrameLength - Icrc.Length));
        // The codec's own ICRC, not the one just made.
        burst.Bytes(packet.FrameOffset, packet.FrameLength).CopyTo(frame.AsSpan(frame.Length - packet.FrameLength));
        return frame;
    }

    private static void AssertContiguous(PacketBurst burst, GsoRun run)
    {
        var packets = burst.Packets.Skip(run.FirstPacket).Take(run.PacketCount).ToArray();
        Assert.Equal(run.ByteCount, packets.Sum(p => p.FrameLength));
        for (var i = 1; i < packets.Length; i++)
            Assert.Equal(packets[i - 1].FrameOffset + packets[i - 1].FrameLength, packets[i].FrameOffset);
        Assert.All(packets.SkipLast(1), p => Assert.Equal(run.SegmentLength, p.FrameLength));
    }
}

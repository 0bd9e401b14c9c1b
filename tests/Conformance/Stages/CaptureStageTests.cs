using RdmaPipeline.Backends.Captures;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.ConformanceTests.Device;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Captures;
using RdmaPipeline.Transport;
using RdmaPipeline.Transport.Stages;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Stages;

/// <summary>A capture writes what passes it, waits for no disk, and keeps within its limits.</summary>
[Collection(DeviceCollection.Name)]
public sealed class CaptureStageTests : IDisposable
{
    private const int Size = 20_000;

    private static readonly FlowPath s_ipv4 = new((UInt128)0xFFFF_0A00_0001, (UInt128)0xFFFF_0A00_0002, 0, 3, 0, 50_000);
    private static readonly FlowPath s_ipv6 = new(UInt128.One, new UInt128(0x20010DB8_00000000, 7), 0, 0, 0x12345, 50_000);

    private readonly string _directory = Directory.CreateTempSubdirectory("capture").FullName;

    private string NewPath => Path.Combine(_directory, "wire.pcapng");

    public static TheoryData<DeviceSetup, string> Places
    {
        get
        {
            var data = new TheoryData<DeviceSetup, string>();
            foreach (var setup in (DeviceSetup[])[new("mem", PipelinePreset.Staged), new("mem6", PipelinePreset.Staged),
                         new("ib", PipelinePreset.Staged), new("udp4", PipelinePreset.Staged), new("udp6", PipelinePreset.Staged)])
            {
                foreach (string stage in (string[])[StageNames.Receive, StageNames.Decode, StageNames.Requester, StageNames.Encode])
                    data.Add(setup, stage);
            }
            return data;
        }
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void ACaptureKeepsTheContractOfAStage() =>
        StageConformance.Check(() => new CaptureStage(new CaptureOptions { Path = NewPath, Open = _ => Stream.Null }));

    [Fact]
    public void ACaptureWhoseDiskStandsStillKeepsItToo()
    {
        using var disk = new StuckDisk();
        StageConformance.Check(
            () => new CaptureStage(new CaptureOptions
            {
                Path = NewPath, Open = _ => disk, BufferedPackets = 16, CloseTimeout = TimeSpan.Zero,
            }),
            new StageConformanceOptions { States = [BurstStage.Decoded] });
    }

    [Theory] // What a reader of captures finds is what was sent: whole frames whose ICRC fits, whoever makes the link headers.
    [MemberData(nameof(Places))]
    public void EveryPacketIsInTheFile(DeviceSetup setup, string stage)
    {
        var captures = new List<CaptureStage>();
        var options = setup.Options with { Graph = graph => graph.InsertAfter(stage, _ => Remember(captures)) };
        // Two devices in memory and over IPv4; over IPv6 there is one address only.
        using (var pair = new DevicePair(setup, setup.Medium == "udp6" ? options : setup.Options, options))
        {
            var (_, b) = pair.Connect();
            using var local = pair.DomainB.AllocateMemory(Size);
            using var remote = pair.DomainA.AllocateMemory(Size, DevicePair.FullAccess);
            b.PostSend(new SendWorkRequest
            {
                Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = local.Entry(), RemoteAddress = remote.Address,
                RemoteKey = remote.RemoteKey,
            });
            pair.NextSuccess(pair.QueueB, 0);
        }
        var capture = Assert.Single(captures);
        Assert.Null(capture.Failure);
        Assert.Equal(0, capture.Missed);
        var packets = CaptureReader.Read(File.ReadAllBytes(NewPath)).ToList();
        Assert.Equal(capture.Written, packets.Count);
        Assert.NotEmpty(packets);
        Assert.All(packets, packet => Assert.True(IsWhole(packet), $"packet {packet.Number}"));
    }

    [Theory] // The original length of a packet is that of its whole frame, of which a cut one is the beginning.
    [MemberData(nameof(Places))]
    public void ACutPacketTellsHowLongItWas(DeviceSetup setup, string stage)
    {
        var (whole, cut) = (NewPath, Path.Combine(_directory, "cut.pcapng"));
        var options = setup.Options with
        {
            Graph = graph => graph
                .InsertAfter(stage, Named("cut", new CaptureOptions { Path = cut, SnapLength = 64 }))
                .InsertAfter(stage, Named("whole", new CaptureOptions { Path = whole })),
        };
        bool isReceiving = stage is StageNames.Receive or StageNames.Decode;
        var (first, second) = isReceiving && setup.Medium != "udp6" ? (setup.Options, options) : (options, setup.Options);
        using (var pair = new DevicePair(setup, first, second))
            WriteOnce(pair, Size);
        var (frames, beginnings) = (CaptureReader.ReadFile(whole), CaptureReader.ReadFile(cut));
        Assert.All(frames, packet => Assert.False(packet.IsCut));
        Assert.Equal(frames.Select(packet => packet.OriginalLength), beginnings.Select(packet => packet.OriginalLength));
        Assert.Contains(beginnings, packet => packet.IsCut);
        // Behind the IPv4 header: its Identification is found in a whole packet only.
        int ip = setup.Medium == "ib" ? 0 : EthernetHeader.Length + Ipv4Header.Length;
        Assert.All(frames.Zip(beginnings), both => Assert.Equal(
            both.First.Data[ip..both.Second.Data.Length].ToArray(), both.Second.Data[ip..].ToArray()));
    }

    [Theory] // Whatever a socket is sent is captured as it is, be it no packet at all.
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(4001)]
    public void ADatagramOfAnyLengthKeepsItsBytes(int length)
    {
        var bytes = new byte[length];
        PatternGenerator.Fill(bytes, seed: 5);
        var frames = new CaptureFrames(CaptureOptions.DefaultSnapLength, UdpHeader.RoCEv2Port);
        foreach (var path in new[] { s_ipv4, s_ipv6 })
        {
            var frame = frames.Make(
                new CapturedBytes(0, length, length, false, false, true, path, DropReason.None), bytes, out int originalLength);
            Assert.Equal(frame.Length, originalLength);
            Assert.Equal(bytes, frame[^length..].ToArray());
            Assert.True(EthernetHeader.TryParse(frame, out _));
            var ip = frame[EthernetHeader.Length..];
            int rest = path == s_ipv4
                ? Ipv4Header.TryParse(ip, out var four) ? four.TotalLength - Ipv4Header.Length : 0
                : Ipv6Header.TryParse(ip, out var six) ? six.PayloadLength : 0;
            Assert.Equal(UdpHeader.Length + length, rest);
        }
    }

    [Theory] // R-BE-31: a cut packet has no ICRC to find the Identification by.
    [InlineData(false, 0x1234)]
    [InlineData(true, 0)]
    public void TheIdentificationIsTheOneTheIcrcWasMadeWith(bool isCut, int expected)
    {
        var headers = new FrameHeaders
        {
            Kind = FrameKind.RoCEv2OverIpv4, Ethernet = new EthernetHeader(default, default, EtherTypes.Ipv4),
            Ipv4 = new Ipv4Header
            {
                Identification = 0x1234, TimeToLive = 3, Source = (uint)s_ipv4.Source, Destination = (uint)s_ipv4.Destination,
            },
            Udp = new UdpHeader { SourcePort = s_ipv4.SourcePort, DestinationPort = UdpHeader.RoCEv2Port },
        };
        var transport = headers.Assemble(new byte[1012]).AsSpan(headers.Length);
        int kept = isCut ? 500 : transport.Length;
        var frames = new CaptureFrames(CaptureOptions.DefaultSnapLength, UdpHeader.RoCEv2Port);
        var frame = frames.Make(
            new CapturedBytes(0, transport.Length, kept, false, false, true, s_ipv4, DropReason.None), transport[..kept], out _);
        Assert.True(Ipv4Header.TryParse(frame[EthernetHeader.Length..], out var ip));
        Assert.Equal((expected, isCut), (ip.Identification, ip.DoNotFragment));
        Assert.Equal(Ipv4Header.Length + UdpHeader.Length + transport.Length, ip.TotalLength);
    }

    [Fact]
    public async Task ACaptureThatIsTakenOutWaitsForItsDiskAndThePacketsDoNot()
    {
        using var disk = new StuckDisk();
        CaptureStage capture = null!;
        using var pair = new DevicePair(new DeviceSetup(), new DeviceOptions
        {
            Graph = graph => graph.InsertAfter(StageNames.Encode, _ => capture = new CaptureStage(
                new CaptureOptions { Path = NewPath, Open = _ => disk, CloseTimeout = TimeSpan.FromMinutes(1) })),
        }, new DeviceOptions());
        WriteOnce(pair, 100_000);
        var pipeline = pair.A.GetPipeline();
        var removal = pipeline.ReconfigureAsync(graph => graph.Remove("capture"));
        pair.Until(() => pipeline.Describe().Stages.All(stage => stage.Name != "capture"), "the capture is out");
        WriteOnce(pair, 100_000);
        Assert.False(removal.IsCompleted);
        disk.Free();
        await removal;
        Assert.InRange(capture.Written, 1, long.MaxValue);
        Assert.Equal(0, capture.Missed);
    }

    [Fact]
    public void OldFilesGoWhenTheirNumberIsReached()
    {
        var options = new CaptureOptions { Path = NewPath, MaxFileBytes = 8192, MaxFiles = 3 };
        using (var pair = new DevicePair(new DeviceSetup(), new DeviceOptions
        {
            Graph = graph => graph.InsertAfter(StageNames.Encode, _ => new CaptureStage(options)),
        }, new DeviceOptions()))
        {
            WriteOnce(pair, 100_000);
        }
        var files = Directory.GetFiles(_directory).Select(Path.GetFileName).Order().ToList();
        Assert.Equal(3, files.Count);
        Assert.DoesNotContain("wire-0001.pcapng", files);
        Assert.All(files, file => Assert.InRange(new FileInfo(Path.Combine(_directory, file!)).Length, 1, 8192 + 5000));
        Assert.All(files, file => Assert.NotEmpty(CaptureReader.Read(File.ReadAllBytes(Path.Combine(_directory, file!)))));
    }

    [Fact]
    public void ASlowDiskCostsTheCaptureItsPacketsAndNobodyElse()
    {
        using var disk = new StuckDisk();
        CaptureStage capture = null!;
        using (var pair = new DevicePair(new DeviceSetup(), new DeviceOptions
        {
            Graph = graph => graph.InsertAfter(StageNames.Encode, _ => capture = new CaptureStage(
                new CaptureOptions { Path = NewPath, BufferedPackets = 16, Open = _ => disk })),
        }, new DeviceOptions()))
        {
            WriteOnce(pair, 400_000);
            Assert.NotEqual(0, capture.Missed);
            var stage = pair.A.GetPipeline().Describe().Stages.Single(s => s.Name == "capture");
            Assert.Equal(capture.Missed, stage.Drops[DropReasons.Name(DropReason.QueueFull)]);
            Assert.Equal(stage.ConsumedItems, stage.ProducedItems);
            disk.Free();
        }
        Assert.Equal(16, capture.Written);
    }

    [Fact]
    public void AFullDiskIsTold()
    {
        CaptureStage capture = null!;
        using (var pair = new DevicePair(new DeviceSetup(), new DeviceOptions
        {
            Graph = graph => graph.InsertAfter(StageNames.Encode, _ => capture = new CaptureStage(
                new CaptureOptions { Path = NewPath, Open = _ => throw new IOException("the disk is full") })),
        }, new DeviceOptions()))
        {
            WriteOnce(pair, 1000);
            pair.Until(() => capture.Failure is not null, "failure told");
        }
        Assert.Equal("the disk is full", capture.Failure!.Message);
    }

    [Theory]
    [InlineData(4095, 10, 1024, 4096, "MaxFileBytes is 4096 to")]
    [InlineData(0, 0, 1024, 4096, "MaxFiles is 1 to 10000")]
    [InlineData(0, 10, 15, 4096, "BufferedPackets is 16 to 65536")]
    [InlineData(0, 10, 1024, 63, "SnapLength is 64 to 9216")]
    public void WrongOptionsAreNamed(long fileBytes, int files, int packets, int snap, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentOutOfRangeException>(() => new CaptureStage(new CaptureOptions
        {
            Path = NewPath, MaxFileBytes = fileBytes, MaxFiles = files, BufferedPackets = packets, SnapLength = snap,
        })).Message, StringComparison.Ordinal);

    // Not by the UDP port, which is another in the tests over sockets.
    private static bool IsWhole(CapturedPacket packet)
    {
        var frame = packet.Data.Span;
        if (packet.LinkType == LinkLayerType.InfiniBand)
            return NativeFrame.Locate(frame) is { IsSound: true } native && Icrc.Verify(frame, native);
        if (!EthernetHeader.TryParse(frame, out var ethernet))
            return false;
        bool isIpv4 = ethernet.EtherType == EtherTypes.Ipv4;
        int transport = EthernetHeader.Length + (isIpv4 ? Ipv4Header.Length : Ipv6Header.Length) + UdpHeader.Length;
        return Icrc.Verify(frame, new FrameLayout(
            isIpv4 ? FrameKind.RoCEv2OverIpv4 : FrameKind.RoCEv2OverIpv6, EthernetHeader.Length, transport, frame.Length - transport,
            DropReason.None));
    }

    private CaptureStage Remember(List<CaptureStage> captures)
    {
        var capture = new CaptureStage(new CaptureOptions { Path = NewPath });
        captures.Add(capture);
        return capture;
    }

    private static StageSpec<PacketBurst> Named(string name, CaptureOptions options) =>
        new() { Name = name, Factory = () => new CaptureStage(options) };

    private static void WriteOnce(DevicePair pair, int size)
    {
        var (a, _) = pair.Connect();
        using var local = pair.DomainA.AllocateMemory(size);
        using var remote = pair.DomainB.AllocateMemory(size, DevicePair.FullAccess);
        a.PostSend(new SendWorkRequest
        {
            Opcode = SendOpcode.RdmaWrite, Flags = SendFlags.Signaled, Entry = local.Entry(), RemoteAddress = remote.Address,
            RemoteKey = remote.RemoteKey,
        });
        pair.NextSuccess(pair.QueueA, 0);
    }
}

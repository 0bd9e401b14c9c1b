using RdmaPipeline.Backends.Captures;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.ConformanceTests.Device;
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
        // A reader knows RoCEv2 by its UDP port, which is another in the tests over sockets.
        if (!setup.Medium.StartsWith("udp", StringComparison.Ordinal))
            Assert.All(packets, packet => Assert.True(IsWhole(packet), $"packet {packet.Number}"));
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

    private static bool IsWhole(CapturedPacket packet)
    {
        var frame = packet.Data.Span;
        var layout = packet.LinkType == LinkLayerType.InfiniBand ? NativeFrame.Locate(frame) : EthernetFrame.Locate(frame);
        return layout.IsSound && Icrc.Verify(frame, layout);
    }

    private CaptureStage Remember(List<CaptureStage> captures)
    {
        var capture = new CaptureStage(new CaptureOptions { Path = NewPath });
        captures.Add(capture);
        return capture;
    }

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

    /// <summary>A disk that takes nothing until it is told to.</summary>
    private sealed class StuckDisk : MemoryStream
    {
        private readonly ManualResetEventSlim _free = new();

        public void Free() => _free.Set();

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            _free.Wait();
            base.Write(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        protected override void Dispose(bool disposing)
        {
            // A capture closes its file; the test looks at it afterwards.
        }
    }
}

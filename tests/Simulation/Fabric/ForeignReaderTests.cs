using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using RdmaPipeline.Backends;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>
/// Somebody else's reader of pcapng and dissector of InfiniBand sees what the fabric wrote. RoCEv2 only: tshark 4.0 does not know the
/// registered link type of native packets, 247.
/// </summary>
public sealed class ForeignReaderTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("captures").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [SkippableFact]
    public void TsharkReadsTheCapture()
    {
        Skip.IfNot(IsInstalled, "tshark is not installed");
        using var fabric = new RdmaTestFabric(
            new RdmaTestFabricOptions { Seed = 5, LinkType = LinkType.RoCEv2, CaptureDirectory = _directory });
        var (a, b) = (fabric.AddHost("a"), fabric.AddHost("b"));
        fabric.Connect(a, b);
        var (left, right) = Endpoint.Connect(a, b, FabricScene.Options);
        fabric.Faults.When(p => p.From(left.Host).Nth(2)).Drop();
        for (int i = 0; i < 3; i++)
            left.Write(right, 5000);
        fabric.RunUntil(() => left.Has(3));
        var path = Path.Combine(_directory, "foreign.pcapng");
        fabric.SavePcapng(path);

        var expected = CaptureReader.ReadFile(path).Select(Line).ToList();
        Assert.True(expected.Count > 10);
        Assert.Equal(expected, Dissect(path));
    }

    private static bool IsInstalled =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, "tshark")));

    // The BTH begins behind Ethernet, IPv4 and UDP.
    private static string Line(CapturedPacket packet)
    {
        var header = packet.Data.Span[(14 + 20 + 8)..];
        var psn = BinaryPrimitives.ReadUInt32BigEndian(header[8..]) & 0xFF_FFFF;
        return string.Create(CultureInfo.InvariantCulture, $"{packet.Comment}\t{header[0]}\t{psn}");
    }

    private static List<string> Dissect(string path)
    {
        var start = new ProcessStartInfo("tshark", ["-r", path, "-T", "fields", "-e", "frame.comment", "-e", "infiniband.bth.opcode",
            "-e", "infiniband.bth.psn"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var tshark = Process.Start(start)!;
        var errors = tshark.StandardError.ReadToEndAsync();
        var lines = tshark.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList();
        tshark.WaitForExit();
        Assert.True(tshark.ExitCode == 0, errors.Result);
        return lines;
    }
}

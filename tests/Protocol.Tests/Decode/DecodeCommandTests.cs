using System.Text.Json;
using RdmaPipeline.Cli.Decode;
using RdmaPipeline.Protocol.Tests.Captures;
using RdmaPipeline.Protocol.Tests.Wire;

namespace RdmaPipeline.Protocol.Tests.Decode;

/// <summary>The command <c>decode</c> on real captures, on a corrupted copy and on what is no capture.</summary>
public sealed class DecodeCommandTests : IDisposable
{
    private const int PcapHeaderLength = 24;
    private const int RecordHeaderLength = 16;

    private readonly string _folder = Directory.CreateTempSubdirectory("rdmapipe").FullName;

    public static TheoryData<string> Files => CaptureTests.Files;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryCaptureDecodes(string file)
    {
        var (code, text) = Run(PathOf(file), json: false);
        Assert.Equal(DecodeCommand.Success, code);
        Assert.Contains(" 0 failed", text, StringComparison.Ordinal);
        Assert.DoesNotContain("WRONG", text, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherPacketsArePassedOver()
    {
        var (code, text) = Run(PathOf("pingpong-rc.pcap"), json: false);
        Assert.Equal(DecodeCommand.Success, code);
        Assert.EndsWith("128 RDMA packets, 11 others passed over, 0 failed", text.TrimEnd(), StringComparison.Ordinal);
        Assert.Contains("bth          opcode=0x11 name=RcAcknowledge", text, StringComparison.Ordinal);
    }

    [Fact]
    public void JsonHoldsThePackets()
    {
        var (code, text) = Run(PathOf("rc-atomic.pcap"), json: true);
        Assert.Equal(DecodeCommand.Success, code);
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        Assert.Equal((24, 0, 0), (Number(root, "rdma"), Number(root, "passedOver"), Number(root, "failed")));
        var packets = root.GetProperty("packets").EnumerateArray().ToList();
        Assert.Equal(24, packets.Count);
        var atomic = packets.First(p => Header(p, "bth").GetProperty("name").GetString() == "RcFetchAdd");
        Assert.StartsWith("0x", Header(atomic, "atomiceth").GetProperty("va").GetString(), StringComparison.Ordinal);
        Assert.True(atomic.GetProperty("icrc").GetProperty("ok").GetBoolean());
        Assert.Equal(JsonValueKind.Null, atomic.GetProperty("vcrc").ValueKind);
        Assert.Equal(JsonValueKind.Null, atomic.GetProperty("fault").ValueKind);
        Assert.Equal(4791, Number(Header(atomic, "udp"), "destinationPort"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void OneFlippedBitFails(bool json)
    {
        var bytes = File.ReadAllBytes(PathOf("rc-send.pcap"));
        bytes[PcapHeaderLength + RecordHeaderLength + 50] ^= 1;
        var copy = Path.Combine(_folder, "corrupt.pcap");
        File.WriteAllBytes(copy, bytes);
        var (code, text) = Run(copy, json);
        Assert.Equal(DecodeCommand.BadPackets, code);
        Assert.Contains(json ? "\"failed\": 1" : "1 failed", text, StringComparison.Ordinal);
    }

    [Fact]
    public void NativeFramesShowBothCrcs()
    {
        var file = Native(TestVector.Of("V-29").Bytes, TestVector.Of("V-06").Bytes);
        var (code, text) = Run(file, json: false);
        Assert.Equal(DecodeCommand.Success, code);
        Assert.Contains("icrc         646cf548 ok", text, StringComparison.Ordinal);
        Assert.Contains("vcrc         72ed ok", text, StringComparison.Ordinal);
        Assert.Contains("grh          trafficClass=0x00", text, StringComparison.Ordinal);
    }

    [Fact]
    public void AWrongVcrcFails()
    {
        var frame = TestVector.Of("V-29").Bytes;
        frame[^1] ^= 1;
        var (code, text) = Run(Native(frame), json: false);
        Assert.Equal(DecodeCommand.BadPackets, code);
        Assert.Contains("vcrc         72ec WRONG", text, StringComparison.Ordinal);
    }

    [Fact]
    public void AMalformedPacketNamesItsFault()
    {
        var (code, text) = Run(Native(TestVector.Of("V-07").Bytes), json: false);
        Assert.Equal(DecodeCommand.BadPackets, code);
        Assert.Contains("fault        bad_header", text, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNoCaptureIsSaidSo()
    {
        var file = Path.Combine(_folder, "text.txt");
        File.WriteAllText(file, "no capture");
        Assert.Equal(DecodeCommand.BadFile, Run(file, json: false).Code);
        var (code, text) = Run(Path.Combine(_folder, "missing.pcap"), json: false);
        Assert.Equal(DecodeCommand.BadFile, code);
        Assert.Contains("missing.pcap", text, StringComparison.Ordinal);
    }

    private static (int Code, string Text) Run(string file, bool json)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = DecodeCommand.Run(file, output, error, json);
        Assert.Equal(code == DecodeCommand.BadFile, error.ToString().Length > 0);
        return (code, output.ToString() + error.ToString());
    }

    private static string PathOf(string file) => CaptureFiles.Paths.Single(p => Path.GetFileName(p) == file);

    private static JsonElement Header(JsonElement packet, string name) => packet.GetProperty("headers").GetProperty(name);

    private static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();

    private string Native(params byte[][] frames)
    {
        var file = Path.Combine(_folder, "native.pcap");
        using var writer = new BinaryWriter(File.Create(file));
        foreach (var word in new uint[] { 0xA1B2C3D4, 0x00040002, 0, 0, 65535, 247 })
            writer.Write(word);
        foreach (var frame in frames)
        {
            writer.Write(0ul);
            writer.Write(frame.Length);
            writer.Write(frame.Length);
            writer.Write(frame);
        }

        return file;
    }
}

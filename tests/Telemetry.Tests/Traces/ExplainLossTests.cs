using System.Text.Json;
using RdmaPipeline.Backends.Captures;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Captures;
using RdmaPipeline.Testing.Traces;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>
/// <c>rdmapipe explain</c> of services that send nothing again: which message was lost, why, and what the applications see of it.
/// </summary>
public sealed class ExplainLossTests : IDisposable
{
    private const string SentOnly = "the sender's completion says only that the message was sent";

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    // Four sends of three packets of 1024 bytes at most. Which packet is taken out, and what a receiver misses then.
    [Theory]
    [InlineData(0, 0, "")]
    [InlineData(1, 1, "one packet of its middle, from PSN {1} on, is not in the capture")]
    [InlineData(2, 1, "its end, and perhaps messages behind it, one packet, is not in the capture")]
    [InlineData(3, 1, "its beginning is not in the capture")]
    [InlineData(11, 0, "")]
    public async Task AGapInACaptureIsAMessageThatIsLost(int taken, int lost, string why)
    {
        var packets = CaptureReader.Read(File.ReadAllBytes(Capture("uc-loss")));
        Assert.Equal(12, packets.Count);
        Write(packets.Where((_, i) => i != taken));
        var told = Assert.Single(await ExplainTool.Explain(_file));
        Assert.Equal(lost, told.GetProperty("facts").GetProperty("lost").GetInt32());
        Assert.Equal(lost > 0, End(told).GetProperty("isFailure").GetBoolean());
        if (lost == 0)
        {
            Assert.Equal("unknown", End(told).GetProperty("status").GetString());
            return;
        }
        uint gap = PsnOf(packets[taken]);
        Assert.Equal(gap, End(told).GetProperty("psn").GetUInt32());
        Assert.Equal("out_of_sequence", End(told).GetProperty("status").GetString());
        Assert.False(End(told).GetProperty("isCertain").GetBoolean());
        Assert.Contains(why.Replace("{1}", $"0x{gap:x6}", StringComparison.Ordinal), Lost(told).Single(), StringComparison.Ordinal);
        Assert.EndsWith(SentOnly, End(told).GetProperty("seen").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMessageOfWhichNothingIsThereIsAGapBetweenMessages()
    {
        var packets = CaptureReader.Read(File.ReadAllBytes(Capture("uc-loss")));
        Write(packets.Where((_, i) => i is < 3 or > 5));
        var told = Assert.Single(await ExplainTool.Explain(_file));
        string first = $"0x{PsnOf(packets[3]):x6}";
        Assert.Equal($"lost: one message or several, PSN {first} to 0x{PsnOf(packets[5]):x6}: 3 packets from PSN {first} on are not in the "
            + "capture", Lost(told).Single());
        Assert.Equal(4, told.GetProperty("facts").GetProperty("messages").GetInt32());
    }

    // The README beside the captures: the last one has a wrong Q_Key, and was never answered.
    [Fact] // R-WIRE-29
    public async Task AQueueKeyThatNobodyElseUsesIsSeen()
    {
        var failed = (await ExplainTool.Explain(Capture("ud-send"))).Single(e => End(e).GetProperty("isFailure").GetBoolean());
        Assert.Equal("bad_qkey", End(failed).GetProperty("status").GetString());
        Assert.Equal("dispatch", End(failed).GetProperty("stage").GetString());
        Assert.False(End(failed).GetProperty("isCertain").GetBoolean());
        Assert.StartsWith("1 of 7 messages was lost: its Q_Key", End(failed).GetProperty("cause").GetString(), StringComparison.Ordinal);
        Assert.Equal($"the receiver gets no completion: its receive waits for the next message; {SentOnly}",
            End(failed).GetProperty("seen").GetString());
        Assert.Matches(
            @"^lost: send( with immediate)? of \d+ bytes, PSN 0x\w{6}: its Q_Key is 0x\w+, of others to this queue pair 0x\w+$",
            Lost(failed).Single());
    }

    [Theory]
    [InlineData("uc-send")]
    [InlineData("uc-write-imm")]
    [InlineData("pingpong-uc")]
    [InlineData("pingpong-ud")]
    [InlineData("udaddy")]
    [InlineData("mckey")]
    [InlineData("perftest-send-ud")]
    public async Task ACaptureWithoutLossesHasNone(string capture) => Assert.All(await ExplainTool.Explain(Capture(capture)), told =>
    {
        Assert.False(End(told).GetProperty("isFailure").GetBoolean());
        Assert.Empty(told.GetProperty("events").EnumerateArray());
    });

    [Theory]
    [InlineData("out_of_sequence")]
    [InlineData("injected_fault")]
    [InlineData("icrc_mismatch")]
    [InlineData("no_receive_buffer")]
    [InlineData("bad_length")]
    public async Task ASimulatedCaptureSaysWhyAMessageIsLost(string reason)
    {
        uint first;
        using (var scene = new UnreliableScene(QueuePairType.UnreliableConnection))
        {
            first = scene.A.QueuePair.InitialPsn;
            var middle = scene.Fabric.Faults.When(p => p.From(scene.HostA).Opcode(Opcode.UcSendMiddle).Nth(1));
            if (reason == "injected_fault")
                middle.Drop();
            else if (reason == "icrc_mismatch")
                middle.Corrupt();
            else if (reason == "out_of_sequence")
                middle.Reorder();
            else
                middle.Pass();
            if (reason != "no_receive_buffer")
                scene.B.Receive(reason == "bad_length" ? 5_000 : 10_000);
            scene.Send(10_000);
            scene.Fabric.RunUntil(() => scene.A.Has(1));
            scene.Fabric.RunUntilQuiet();
            scene.Fabric.SavePcapng(_file);
        }
        var told = Assert.Single(await ExplainTool.Explain(_file));
        Assert.Equal(reason, End(told).GetProperty("status").GetString());
        Assert.True(End(told).GetProperty("isCertain").GetBoolean());
        Assert.Equal(reason == "icrc_mismatch" ? "dispatch" : reason == "injected_fault" ? "receive" : "responder",
            End(told).GetProperty("stage").GetString());
        Assert.StartsWith($"lost: send of 10000 bytes, PSN 0x{first:x6} to 0x{(first + 2) & 0xFFFFFF:x6}: request ",
            Lost(told).Single(), StringComparison.Ordinal);
        Assert.StartsWith("the receiver gets no completion", End(told).GetProperty("seen").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("1 of 1 message was lost: ", End(told).GetProperty("cause").GetString(), StringComparison.Ordinal);
        string text = await ExplainTool.Run("explain", _file);
        Assert.Contains($"    end:     {reason} in stage ", text, StringComparison.Ordinal);
        Assert.Contains($"    seen:    the receiver gets no completion: its receive waits", text, StringComparison.Ordinal);
    }

    [Theory] // R-WIRE-29, R-RESP-17, R-RESP-46
    [InlineData("bad_qkey", "dispatch")]
    [InlineData("no_receive_buffer", "responder")]
    [InlineData("bad_length", "responder")]
    [InlineData("success", null)]
    public async Task ASimulatedCaptureSaysWhyADatagramIsLost(string reason, string? stage)
    {
        using (var scene = new UnreliableScene(QueuePairType.UnreliableDatagram))
        {
            if (reason != "no_receive_buffer")
                scene.B.Receive(reason == "bad_length" ? 1000 : 1040);
            scene.Send(1000, reason == "bad_qkey" ? 8u : UnreliableScene.QueueKey);
            scene.Fabric.RunUntil(() => scene.A.Has(1));
            scene.Fabric.RunUntilQuiet();
            scene.Fabric.SavePcapng(_file);
        }
        var told = Assert.Single(await ExplainTool.Explain(_file));
        Assert.Equal(reason, End(told).GetProperty("status").GetString());
        Assert.Equal(stage, End(told).GetProperty("stage").GetString());
        Assert.Equal(stage is null ? 0 : 1, told.GetProperty("facts").GetProperty("lost").GetInt32());
    }

    [Theory]
    [InlineData(QueuePairType.UnreliableConnection)]
    [InlineData(QueuePairType.UnreliableDatagram)]
    public async Task ATraceSaysWhichMessageItsReceiverRefused(QueuePairType type)
    {
        using (var trace = new TraceFile(_file))
        using (var scene = new UnreliableScene(type))
        {
            scene.B.Receive(4000);
            scene.Send(1000);
            scene.Fabric.RunUntil(() => scene.A.Has(1) && scene.B.Has(1));
            scene.Send(2000);
            scene.Fabric.RunUntil(() => scene.A.Has(2));
            scene.Fabric.RunUntilQuiet();
        }
        var told = Assert.Single(await ExplainTool.Explain(_file));
        Assert.Equal(2000, told.GetProperty("facts").GetProperty("bytes").GetInt32());
        Assert.Equal("no_receive_buffer", End(told).GetProperty("status").GetString());
        Assert.Equal("responder", End(told).GetProperty("stage").GetString());
        Assert.True(End(told).GetProperty("isCertain").GetBoolean());
        Assert.EndsWith(SentOnly, End(told).GetProperty("seen").GetString(), StringComparison.Ordinal);
        Assert.Contains("at the peer: dropped by stage responder: no_receive_buffer",
            told.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("text").GetString()));
    }

    [Theory]
    [InlineData(QueuePairType.UnreliableConnection)]
    [InlineData(QueuePairType.UnreliableDatagram)]
    public async Task ATraceSaysWhichMessageItsReceiverNeverSaw(QueuePairType type)
    {
        using (var trace = new TraceFile(_file))
        using (var scene = new UnreliableScene(type))
        {
            scene.Fabric.Faults.When(p => p.From(scene.HostA).Nth(2)).Drop();
            for (int i = 0; i < 4; i++)
            {
                scene.B.Receive(4000);
                scene.Send(1000 + i);
            }
            scene.Fabric.RunUntil(() => scene.A.Has(4) && scene.B.Has(3));
            scene.Fabric.RunUntilQuiet();
        }
        var told = Assert.Single(await ExplainTool.Explain(_file));
        Assert.Equal(1001, told.GetProperty("facts").GetProperty("bytes").GetInt32());
        Assert.Equal("lost", End(told).GetProperty("status").GetString());
        Assert.False(End(told).GetProperty("isCertain").GetBoolean());
    }

    private static uint PsnOf(CapturedPacket packet) => RdmaPipeline.Cli.Explain.CapturedTransport.Read(packet)!.Psn.Value;

    private static string Capture(string name) => SourceTree.Find($"tests/Protocol.Tests/Captures/data/{name}.pcap");

    private static JsonElement End(JsonElement explanation) => explanation.GetProperty("end");

    private static IEnumerable<string> Lost(JsonElement explanation) => explanation.GetProperty("events").EnumerateArray()
        .Where(e => e.GetProperty("kind").GetString() == "lost").Select(e => e.GetProperty("text").GetString()!);

    private void Write(IEnumerable<CapturedPacket> packets)
    {
        using var stream = File.Create(_file);
        var writer = new PcapNgWriter(stream, "tests", "a part of a capture");
        int link = writer.AddInterface(LinkLayerType.Ethernet, "a");
        foreach (var packet in packets)
            writer.Write(link, packet.Nanoseconds, packet.Data.Span, "", PacketDirection.Outbound);
    }
}

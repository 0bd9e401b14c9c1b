using System.Text.Json;
using RdmaPipeline.Cli.Commands;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Testing;
using RdmaPipeline.Testing.Traces;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary><c>rdmapipe explain</c>: what a capture or a trace tells, in words.</summary>
public sealed class ExplainTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    // What Soft-RoCE's own counters and completions said when these were recorded stands in the README beside them.
    [Theory]
    [InlineData("loss-retry-exceeded", "retry_exceeded_error", false, 4, 3)]
    [InlineData("rnr-exceeded", "rnr_retry_exceeded_error", false, 4, 7)]
    [InlineData("nak-rkey-write", "remote_access_error", true, 1, 1)]
    [InlineData("nak-rkey-read", "remote_access_error", true, 1, 1)]
    [InlineData("nak-rkey-atomic", "remote_access_error", true, 1, 1)]
    [InlineData("nak-range", "remote_access_error", true, 1, 1)]
    [InlineData("nak-perm", "remote_access_error", true, 1, 1)]
    [InlineData("nak-qp-perm", "remote_invalid_request_error", true, 1, 1)]
    [InlineData("nak-length", "remote_operation_error", true, 1, 1)]
    public async Task ACaptureOfAFailureSaysWhatItWas(string capture, string status, bool isCertain, int attempts, int events)
    {
        var failed = (await ExplainTool.Explain(Capture(capture))).Single(e => End(e).GetProperty("isFailure").GetBoolean());
        Assert.Equal(status, End(failed).GetProperty("status").GetString());
        Assert.Equal(isCertain, End(failed).GetProperty("isCertain").GetBoolean());
        Assert.Equal(attempts, End(failed).GetProperty("attempts").GetInt32());
        Assert.Equal("completer", End(failed).GetProperty("stage").GetString());
        Assert.Equal(events, failed.GetProperty("events").GetArrayLength());
        Assert.All(["cause", "advice", "rule"], name => Assert.NotEqual("", End(failed).GetProperty(name).GetString()));
    }

    [Theory] // R-REQ-33, R-REQ-40, R-REQ-42
    [InlineData("loss-seq-nak", 4, 2, 0)]
    [InlineData("loss-last", 4, 0, 0)]
    [InlineData("loss-ack", 4, 0, 0)]
    [InlineData("loss-read", 2, 0, 0)]
    [InlineData("loss-atomic", 2, 0, 0)]
    [InlineData("rnr", 7, 1, 5)]
    public async Task ACaptureOfTroubleThatPassedSaysSo(string capture, int sentAgain, int naks, int waits)
    {
        var told = Assert.Single(await ExplainTool.Explain(Capture(capture)));
        Assert.Equal("success", End(told).GetProperty("status").GetString());
        Assert.Equal(sentAgain, told.GetProperty("facts").GetProperty("sentAgain").GetInt32());
        Assert.Equal(naks, Events(told, "rdma.nak").Count());
        Assert.Equal(waits, Events(told, "rdma.rnr_wait").Count());
    }

    [Theory]
    [InlineData("rc-send")]
    [InlineData("rc-read")]
    [InlineData("rc-mixed")]
    [InlineData("rc-psn-wrap")]
    [InlineData("rc-read-mtu2048")]
    [InlineData("srq")]
    [InlineData("pingpong-rc-ipv6")]
    [InlineData("pingpong-srq")]
    [InlineData("perftest-read")]
    [InlineData("ucmatose")]
    public async Task ACaptureWithoutTroubleHasNone(string capture)
    {
        var told = await ExplainTool.Explain(Capture(capture));
        Assert.NotEmpty(told);
        Assert.All(told, e =>
        {
            Assert.False(End(e).GetProperty("isFailure").GetBoolean());
            Assert.Empty(e.GetProperty("events").EnumerateArray());
        });
    }

    [Fact]
    public async Task EveryCaptureIsExplained()
    {
        string[] captures = Directory.GetFiles(Path.GetDirectoryName(Capture("rc-send"))!, "*.pcap");
        Assert.InRange(captures.Length, 50, 100);
        foreach (string capture in captures)
            Assert.NotEmpty(await ExplainTool.Explain(capture));
    }

    [Fact]
    public async Task ASimulatedCaptureSaysWhichStageDroppedWhat()
    {
        using (var scene = new FabricScene())
        {
            scene.Fabric.Faults.When(p => p.From(scene.HostA).Opcode(Opcode.RcWriteMiddle).Nth(1)).Corrupt();
            scene.Fabric.Faults.When(p => p.From(scene.HostB).Opcode(Opcode.RcAcknowledge).Nth(1)).Drop();
            scene.WriteAll(20_000);
            scene.Fabric.SavePcapng(_file);
        }
        var told = Assert.Single(await ExplainTool.Explain(_file));
        Assert.Equal("success", End(told).GetProperty("status").GetString());
        var drops = Events(told, "rdma.drop").Select(e => e.GetProperty("text").GetString()).ToList();
        Assert.Contains("request dropped by stage dispatch: icrc_mismatch", drops);
        Assert.Contains("answer lost on the way: injected_fault", drops);
        Assert.True(told.GetProperty("facts").GetProperty("sentAgain").GetInt32() > 0);
        Assert.Equal(5, told.GetProperty("facts").GetProperty("requests").GetInt32()
            - told.GetProperty("facts").GetProperty("sentAgain").GetInt32());
    }

    [Fact] // R-REQ-40: one trace names stage, PSN, retries and cause.
    public async Task ATraceOfAFailureNamesStagePsnRetriesAndCause()
    {
        uint psn;
        using (var trace = new TraceFile(_file))
        using (var scene = new FabricScene(connect: FabricScene.Options with { RetryCount = 2 }))
        {
            psn = scene.A.QueuePair.InitialPsn;
            scene.Link.Down();
            scene.A.Write(scene.B, 100);
            scene.A.Write(scene.B, 100);
            scene.A.Write(scene.B, 100);
            scene.Fabric.RunUntil(() => scene.A.Has(3));
        }
        string text = await ExplainTool.Run("explain", _file);
        Assert.Contains($"retry_exceeded_error in stage completer at PSN 0x{psn:x6}, sent 3 times", text, StringComparison.Ordinal);
        Assert.Contains("cause:   the peer did not answer, not even to the last retry", text, StringComparison.Ordinal);
        Assert.Contains("look at: whether the peer's queue pair is still in RTR or RTS", text, StringComparison.Ordinal);
        Assert.Contains("rule:    R-REQ-40, R-REQ-41", text, StringComparison.Ordinal);
        Assert.Contains("flushedBecauseOfIt 2", text, StringComparison.Ordinal);
        Assert.Contains("1 explained, 1 failed", text, StringComparison.Ordinal);

        var told = Assert.Single(await ExplainTool.Explain(_file));
        Assert.Equal(["rdma.retransmit", "rdma.retransmit"],
            told.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("kind").GetString()));
    }

    [Fact]
    public async Task ATraceHasWhatThePeerSawOfIt()
    {
        using (var trace = new TraceFile(_file))
        using (var scene = new FabricScene())
        {
            scene.B.Receive(10);
            scene.A.Send(100);
            scene.Fabric.RunUntil(() => scene.A.Has(1));
            scene.Fabric.RunUntilQuiet();
        }
        var told = Assert.Single(await ExplainTool.Explain(_file));
        Assert.Equal("remote_invalid_request_error", End(told).GetProperty("status").GetString());
        var words = told.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("text").GetString()).ToList();
        Assert.Contains("NAK received: invalid_request", words);
        Assert.Contains("at the peer: NAK sent: invalid_request", words);
        Assert.Contains("at the peer: dropped by stage responder: bad_length", words);
    }

    [Theory]
    [InlineData("no capture at all")]
    [InlineData("{ \"resourceSpans\": [")]
    public async Task WhatIsNeitherIsRefused(string content)
    {
        File.WriteAllText(_file, content);
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.Equal(2, await RdmapipeCommand.RunAsync(["explain", _file], output, error));
        Assert.StartsWith("rdmapipe: ", error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", output.ToString());
    }

    private static string Capture(string name) =>
        SourceTree.Find($"tests/Protocol.Tests/Captures/data/{name}.pcap");

    private static JsonElement End(JsonElement explanation) => explanation.GetProperty("end");

    private static IEnumerable<JsonElement> Events(JsonElement explanation, string kind) =>
        explanation.GetProperty("events").EnumerateArray().Where(e => e.GetProperty("kind").GetString() == kind);
}

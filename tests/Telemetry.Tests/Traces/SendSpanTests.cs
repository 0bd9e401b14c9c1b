using System.Diagnostics;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>The span of a work request from its post to its completion, and those of the stages.</summary>
public sealed class SendSpanTests : IDisposable
{
    internal static readonly FabricHostOptions All =
        new() { Device = new DeviceOptions { Traces = new TracingOptions { SampleInterval = 1 } } };

    private static readonly string[] SendStages = ["requester", "encode", "send", "receive", "decode", "dispatch", "completer"];
    private readonly SpanLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void AWriteIsASpanFromPostToCompletionWithAChildForEachStage()
    {
        using var scene = new FabricScene(host: All);
        using var request = new Activity("the user's request").SetIdFormat(ActivityIdFormat.W3C).Start();
        var posted = scene.Fabric.Time.GetUtcNow().UtcDateTime;
        scene.A.Write(scene.B, 10_000, id: 77);
        request.Stop();
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        scene.Fabric.RunUntilQuiet();

        var span = _log.Single("a", "write");
        Assert.Equal("write 10.0.0.2", span.DisplayName);
        Assert.Equal(ActivityKind.Client, span.Kind);
        Assert.Equal(request.SpanId, span.ParentSpanId);
        Assert.Equal(posted, span.StartTimeUtc);
        Assert.True(span.Duration > TimeSpan.Zero);
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        Assert.Equal(RdmaPipelineTelemetry.SourceName, span.Source.Name);
        Assert.Empty(span.Events);
        Expect(span, (A.OperationName, "write"), (A.Transport, "rc"), (A.QueuePairNumber, (long)scene.A.QueuePair.Number),
            (A.PeerQueuePairNumber, (long)scene.B.QueuePair.Number), (A.MessageSize, 10_000L), (A.PeerAddress, "10.0.0.2"),
            (A.PeerPort, 4791), (A.WorkRequestId, "77"), (A.MessageSequence, 1L), (A.GraphRevision, 1L),
            (A.FirstPsn, (long)scene.A.QueuePair.InitialPsn), (A.LastPsn, (scene.A.QueuePair.InitialPsn + 2L) & 0xFFFFFF));

        Assert.Equal(SendStages.Order(), _log.Children(span).Select(child => (string)child.GetTagItem(A.StageName)!).Order());
        Assert.All(_log.Children(span), child =>
        {
            Assert.Equal($"stage {child.GetTagItem(A.StageName)}", child.DisplayName);
            Assert.Equal(span.TraceId, child.TraceId);
            Assert.InRange(child.StartTimeUtc, span.StartTimeUtc, span.StartTimeUtc + span.Duration);
            Assert.Equal(1L, child.GetTagItem(A.GraphRevision));
        });
        Assert.Equal(3, Stage(span, "requester").GetTagItem(A.Packets));
        Assert.Equal(3, Stage(span, "encode").GetTagItem(A.Packets));
        Assert.Equal(1, Stage(span, "completer").GetTagItem(A.Packets));
    }

    [Fact]
    public void AConnectionIsASpanThatItsMessagesLinkTo()
    {
        using var caller = new Activity("the user's setup").SetIdFormat(ActivityIdFormat.W3C).Start();
        using var scene = new FabricScene(host: All);
        caller.Stop();
        scene.WriteAll(10);
        var connect = _log.Single("a", "connect");
        Assert.Equal("connect 10.0.0.2", connect.DisplayName);
        Assert.Equal(caller.SpanId, connect.ParentSpanId);
        Expect(connect, (A.QueuePairNumber, (long)scene.A.QueuePair.Number), (A.PeerQueuePairNumber, (long)scene.B.QueuePair.Number),
            (A.PathMtu, 4096), (A.QueuePairState, "rts"), (A.FirstPsn, (long)scene.A.QueuePair.InitialPsn), (A.GraphRevision, 1L));
        Assert.Equal(connect.Context, Assert.Single(_log.Single("a", "write").Links).Context);
    }

    // However the stages are joined, and on how many shards.
    [Theory]
    [InlineData(PipelinePreset.Staged, 1)]
    [InlineData(PipelinePreset.Queued, 1)]
    [InlineData(PipelinePreset.Fused, 1)]
    [InlineData(PipelinePreset.Simulated, 4)]
    [InlineData(PipelinePreset.Staged, 4)]
    public void EveryPresetGivesTheSameTree(PipelinePreset preset, int shards)
    {
        using var scene = new FabricScene(host: new FabricHostOptions
        {
            Preset = preset, Device = new DeviceOptions { ShardCount = shards, Traces = new TracingOptions { SampleInterval = 1 } },
        });
        for (int i = 0; i < 4; i++)
        {
            scene.B.Receive(10_000);
            scene.A.Send(10_000);
            scene.Fabric.RunUntil(() => scene.A.Has(i + 1) && scene.B.Has(i + 1));
            scene.Fabric.RunUntilQuiet();
        }
        string[] responder = ["receive", "decode", "dispatch", "responder", "ack_generator", "encode", "send"];
        Assert.Equal(4, _log.Of("a", "send").Count);
        Assert.Equal(4, _log.Of("b", "process").Count);
        Assert.All(_log.Of("a", "send"), span => Assert.Equal(SendStages.Order(), Stages(span)));
        Assert.All(_log.Of("b", "process"), span => Assert.Equal(responder.Order(), Stages(span)));
    }

    // A stage of a further shard carries its number; which shard it is depends on the queue pair's number. Route is there with several.
    private IEnumerable<string> Stages(Activity span) => _log.Children(span)
        .Select(child => ((string)child.GetTagItem(A.StageName)!).Split('.')[0]).Where(name => name != "route").Order();

    private Activity Stage(Activity span, string name) =>
        Assert.Single(_log.Children(span), child => (string)child.GetTagItem(A.StageName)! == name);

    internal static void Expect(Activity span, params (string Name, object Value)[] tags) => Assert.All(tags, tag =>
        Assert.True(Equals(tag.Value, span.GetTagItem(tag.Name)), $"{tag.Name} is {span.GetTagItem(tag.Name)}, not {tag.Value}"));
}

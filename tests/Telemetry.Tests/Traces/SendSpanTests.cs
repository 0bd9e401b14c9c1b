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
        new() { Device = new DeviceOptions { Traces = new TraceOptions { SampleInterval = 1 } } };

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

    private Activity Stage(Activity span, string name) =>
        Assert.Single(_log.Children(span), child => (string)child.GetTagItem(A.StageName)! == name);

    internal static void Expect(Activity span, params (string Name, object Value)[] tags) => Assert.All(tags, tag =>
        Assert.True(Equals(tag.Value, span.GetTagItem(tag.Name)), $"{tag.Name} is {span.GetTagItem(tag.Name)}, not {tag.Value}"));
}

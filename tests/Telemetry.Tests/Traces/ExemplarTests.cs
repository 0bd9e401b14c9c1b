using System.Diagnostics;
using System.Diagnostics.Metrics;
using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>A measurement of what is traced leads to its span: that is current while it is made.</summary>
public sealed class ExemplarTests
{
    [Fact]
    public void TheDurationOfATracedWorkRequestIsMeasuredWhileItsSpanIsCurrent()
    {
        var current = new List<ActivitySpanId?>();
        using var log = new SpanLog();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument.Name == MetricNames.WorkRequestDuration)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) =>
        {
            Assert.True(seconds > 0);
            current.Add(Activity.Current?.SpanId);
        });
        listener.Start();
        using var scene = new FabricScene(host: SendSpanTests.All);
        for (int i = 0; i < 5; i++)
        {
            scene.A.Write(scene.B, 5000);
            scene.Fabric.RunUntil(() => scene.A.Has(i + 1));
        }
        scene.Fabric.RunUntilQuiet();
        Assert.Equal(log.Of("a", "write").Select(span => (ActivitySpanId?)span.SpanId), current);
        Assert.Null(Activity.Current);
    }

    // What is traced is measured, whether it is its turn or not.
    [Fact]
    public void RoundTripsDelaysAndWhatStagesTakeAreMeasuredForTheirSpans()
    {
        const int Writes = 5;
        var seen = new List<(string Instrument, string? Stage, ActivitySpanId? Span)>();
        using var log = new SpanLog();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument.Name is MetricNames.AckRtt or MetricNames.AckDelay or MetricNames.StageProcessDuration)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, seconds, tags, _) =>
        {
            Assert.True(seconds >= 0);
            string? stage = tags.ToArray().FirstOrDefault(tag => tag.Key == AttributeNames.StageName).Value as string;
            seen.Add((instrument.Name, stage, Activity.Current?.SpanId));
        });
        listener.Start();
        using var scene = new FabricScene(host: SendSpanTests.All);
        for (int i = 0; i < Writes; i++)
        {
            scene.A.Write(scene.B, 5000);
            scene.Fabric.RunUntil(() => scene.A.Has(i + 1));
            scene.Fabric.RunUntilQuiet();
        }
        var writes = log.Of("a", "write").Select(span => (ActivitySpanId?)span.SpanId).ToList();
        var processed = log.Of("b", "process").Select(span => (ActivitySpanId?)span.SpanId).ToList();
        Assert.Equal(Writes, writes.Count);
        Assert.Equal(writes, Spans(MetricNames.AckRtt, null));
        Assert.Equal(processed, Spans(MetricNames.AckDelay, null));
        // At the sender the request, at the responder the answer.
        Assert.Equal(writes.Union(processed).ToHashSet(), Spans(MetricNames.StageProcessDuration, "encode").ToHashSet());
        Assert.Subset(writes.Concat(processed).ToHashSet(), Spans(MetricNames.StageProcessDuration, "send").ToHashSet());
        Assert.Superset(writes.ToHashSet(), Spans(MetricNames.StageProcessDuration, "send").ToHashSet());
        Assert.Null(Activity.Current);

        IEnumerable<ActivitySpanId?> Spans(string instrument, string? stage) =>
            seen.Where(s => s.Instrument == instrument && s.Stage == stage && s.Span is not null).Select(s => s.Span);
    }

    // One wait in so many is measured; where a traced message has waited, for its span.
    [Fact]
    public void WaitsInFrontOfStagesAreMeasuredForTheirSpans()
    {
        const int Writes = 4 * StageMeter.SampleInterval;
        var waits = new List<ActivitySpanId?>();
        using var log = new SpanLog();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument.Name == MetricNames.StageQueueDuration)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => waits.Add(Activity.Current?.SpanId));
        listener.Start();
        using var scene = new FabricScene(host: SendSpanTests.All with { Preset = PipelinePreset.Queued });
        for (int i = 0; i < Writes; i++)
        {
            scene.A.Write(scene.B, 100);
            scene.Fabric.RunUntil(() => scene.A.Has(i + 1));
        }
        scene.Fabric.RunUntilQuiet();
        var spans = log.All.Select(span => (ActivitySpanId?)span.SpanId).ToHashSet();
        Assert.Contains(waits, span => span is not null);
        Assert.All(waits.Where(span => span is not null), span => Assert.Contains(span, spans));
        Assert.Null(Activity.Current);
    }
}

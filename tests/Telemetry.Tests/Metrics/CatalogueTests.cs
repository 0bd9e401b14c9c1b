using System.Diagnostics.Metrics;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.TelemetryTests.Metrics;

/// <summary>The catalogue is complete, speaks as the conventions do, and is written down.</summary>
public sealed class CatalogueTests
{
    [Fact]
    public void ThePageIsTheCatalogue()
    {
        string path = SourceTree.Find("telemetry/metrics.md");
        string received = Path.Combine(AppContext.BaseDirectory, "metrics.received.md");
        File.WriteAllText(received, CataloguePage.Write());
        string written = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        Assert.True(File.ReadAllText(received) == written, $"The catalogue has changed. Update its page:\n  cp {received} {path}");
    }

    [Fact]
    public void NamesAndUnitsFollowTheConventions()
    {
        Assert.Equal(MetricCatalogue.All.Length, MetricCatalogue.All.Select(m => m.Name).Distinct().Count());
        Assert.All(MetricCatalogue.All, m =>
        {
            Assert.Matches("^rdma(\\.[a-z]+(_[a-z]+)*)+$", m.Name);
            Assert.DoesNotMatch("(total|seconds|bytes|count)$", m.Kind == MetricKind.Counter ? m.Name : "");
            Assert.Matches("^(s|By|\\{[a-z]+(_[a-z]+)*\\})$", m.Unit);
            Assert.EndsWith(".", m.Description);
            Assert.NotEmpty(m.Section);
        });
    }

    [Fact]
    public void EveryAttributeIsDescribedAndEveryDescribedOneIsUsed()
    {
        var used = MetricCatalogue.All.SelectMany(m => m.Attributes.Concat(m.OptInAttributes)).Append(AttributeNames.DeviceName);
        Assert.Equal(used.Distinct().Order(), MetricCatalogue.Attributes.Select(a => a.Name).Order());
    }

    // Without boundaries a collector puts every latency of this transport into its first bucket.
    [Fact]
    public void EveryHistogramAndNothingElseHasBoundaries()
    {
        Assert.All(MetricCatalogue.All, m => Assert.Equal(m.Kind == MetricKind.Histogram, m.Boundaries.Length > 0));
        Assert.All(MetricCatalogue.All, m => Assert.Equal(m.Boundaries.Order(), m.Boundaries));
        Assert.All(MetricCatalogue.All.Where(m => m.Kind == MetricKind.Histogram && m.IsTime), m => Assert.True(m.Boundaries[^1] >= 1));
    }

    // telemetry.md 6: the product of the closed lists, for each metric and device. Stages are about twenty, their pairs have one reason.
    [Fact]
    public void DefaultAttributesMultiplyOutToFewStreams()
    {
        var values = MetricCatalogue.Attributes.ToDictionary(a => a.Name, a => Math.Max(1, a.Values.Length));
        foreach (var metric in MetricCatalogue.All.Where(m => m.Scope == RdmaPipelineTelemetry.SourceName))
        {
            long streams = metric.Attributes.Aggregate(1L, (product, name) => product * values[name]);
            Assert.True(streams < 200, $"{metric.Name} has {streams} streams");
        }
    }

    [Fact]
    public void WhatTheCatalogueDoesNotHaveIsAnError()
    {
        Assert.Throws<ArgumentException>(() => MetricCatalogue.Find("rdma.unheard.of"));
        Assert.Throws<ArgumentException>(() => RdmaPipelineMeters.Shared.Durations(MetricNames.StageBurstSize));
        Assert.Throws<ArgumentException>(() => RdmaPipelineMeters.Shared.Sizes(MetricNames.Packets));
        using var source = new MetricSource(RdmaPipelineMeters.Shared);
        Assert.Throws<ArgumentException>(() => source.Add(MetricNames.StageBusyTime, () => [new Measurement<long>(1)]));
        Assert.Throws<ArgumentException>(() => source.Add(MetricNames.AckRtt, () => [new Measurement<double>(1)]));
    }
}

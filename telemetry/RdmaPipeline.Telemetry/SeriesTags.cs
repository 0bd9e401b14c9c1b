using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Telemetry;

/// <summary>The tag arrays of a graph's series, built once: a collection allocates its measurements and nothing else.</summary>
internal sealed class SeriesTags
{
    public SeriesTags(PipelineSeries series)
    {
        Graph = [new(AttributeNames.DeviceName, series.DeviceName), new(AttributeNames.GraphName, series.GraphName)];
        Stages = [.. series.Stages.Select(s => (Tag[])
            [.. Graph, new(AttributeNames.StageName, s.StageName), new(AttributeNames.StageType, s.StageType)])];
        Blocked = [.. Stages.Select(BlockedTags)];
        Drops = [.. Stages.Select(DropTags)];
        Sizes = [.. Stages.Select(SizeTags)];
        Links = [.. series.Edges.Select(e => (Tag[])
            [.. Graph, new(AttributeNames.LinkSource, Start(e)), new(AttributeNames.LinkTarget, e.Target)])];
        Queues = [.. series.Edges.Select(e => (Tag[])[.. Graph, new(AttributeNames.StageName, e.Target),
            new(AttributeNames.StagePort, e.TargetPort), new(AttributeNames.LinkSource, Start(e))])];
    }

    public Tag[] Graph { get; }

    public Tag[][] Stages { get; }

    public Tag[][][] Blocked { get; }

    public Tag[][][] Drops { get; }

    public Tag[][][] Sizes { get; }

    public Tag[][] Links { get; }

    public Tag[][] Queues { get; }

    private static string Start(EdgeMeter edge) => $"{edge.Source}.{edge.SourcePort}";

    private static Tag[][] DropTags(Tag[] stage) => [.. Enumerable.Range(0, DropReasons.Count).Select(r => (Tag[])
        [.. stage, new(AttributeNames.DropReason, DropReasons.Name((DropReason)r)),
            new(AttributeNames.DropIntentional, DropReasons.IsIntentional((DropReason)r))])];

    private static Tag[][] BlockedTags(Tag[] stage) => [.. Enumerable.Range(0, BlockedReasons.Count)
        .Select(r => (Tag[])[.. stage, new(AttributeNames.BlockedReason, BlockedReasons.Name((BlockedReason)r))])];

    private static Tag[][] SizeTags(Tag[] stage) => [.. Enumerable.Range(0, StageMeter.BurstSizeBuckets).Select(b => (Tag[])
        [.. stage, new(AttributeNames.BurstSizeBound, b == StageMeter.BurstSizeBuckets - 1 ? "+Inf" : (1 << b).ToString())])];
}

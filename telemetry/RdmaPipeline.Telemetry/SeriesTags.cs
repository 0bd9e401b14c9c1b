using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace RdmaPipeline.Telemetry;

/// <summary>The tag arrays of a graph's series, built once: a collection allocates its measurements and nothing else.</summary>
internal sealed class SeriesTags
{
    public SeriesTags(PipelineSeries series)
    {
        Graph = [new(AttributeNames.DeviceName, series.Owner.DeviceName), new(AttributeNames.GraphName, series.Owner.GraphName)];
        Stages = [.. series.Stages.Select(s => (Tag[])
            [.. Graph, new(AttributeNames.StageName, s.StageName), new(AttributeNames.StageType, s.StageType)])];
        Succeeded = [.. Stages.Select(t => (Tag[])[.. t, new(AttributeNames.Outcome, "success")])];
        Failed = [.. Stages.Select(t => (Tag[])[.. t, new(AttributeNames.Outcome, "failure")])];
        Blocked = [.. Stages.Select(BlockedTags)];
        Drops = [.. Stages.Select(DropTags)];
        Links = [.. series.Edges.Select(e => (Tag[])
            [.. Graph, new(AttributeNames.LinkSource, Start(e)), new(AttributeNames.LinkTarget, e.Target)])];
        Queues = [.. series.Edges.Select(e => (Tag[])[.. TagsOf(series, e.Target),
            new(AttributeNames.StagePort, e.TargetPort), new(AttributeNames.LinkSource, Start(e))])];
    }

    public Tag[] Graph { get; }

    public Tag[][] Stages { get; }

    public Tag[][] Succeeded { get; }

    public Tag[][] Failed { get; }

    public Tag[][][] Blocked { get; }

    public Tag[][][] Drops { get; }

    public Tag[][] Links { get; }

    public Tag[][] Queues { get; }

    private Tag[] TagsOf(PipelineSeries series, string stage) =>
        Stages.Where((_, i) => series.Stages[i].StageName == stage).FirstOrDefault() ?? [.. Graph, new(AttributeNames.StageName, stage)];

    private static string Start(EdgeMeter edge) => $"{edge.Source}.{edge.SourcePort}";

    private static Tag[][] DropTags(Tag[] stage) => [.. Enumerable.Range(0, DropReasons.Count).Select(r => (Tag[])
        [.. stage, new(AttributeNames.DropReason, DropReasons.Name((DropReason)r)),
            new(AttributeNames.DropIntentional, DropReasons.IsIntentional((DropReason)r))])];

    private static Tag[][] BlockedTags(Tag[] stage) => [.. Enumerable.Range(0, BlockedReasons.Count).Select(r => (Tag[])
        [.. stage, new(AttributeNames.BlockedReason, BlockedReasons.Name((BlockedReason)r))])];
}

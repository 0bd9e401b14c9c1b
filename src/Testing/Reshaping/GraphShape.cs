using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Testing.Reshaping;

/// <summary>What a device's graph consisted of at a moment when nobody changed it.</summary>
internal sealed class GraphShape
{
    private readonly StageGraphSpec<PacketBurst> _spec;
    private readonly string _running;
    private readonly long _revision;

    private GraphShape(DevicePipeline pipeline)
    {
        _spec = pipeline.Spec;
        var graph = pipeline.Describe();
        (_running, _revision) = (Running(graph), graph.Revision);
        LastAttempt = pipeline.Revisions[^1].Number;
    }

    /// <summary>The number of the last change, or attempt at one.</summary>
    public long LastAttempt { get; }

    public static GraphShape Of(DevicePipeline pipeline) => new(pipeline);

    /// <summary>What is no more as it was.</summary>
    public IEnumerable<string> DifferencesTo(DevicePipeline pipeline)
    {
        if (!ReferenceEquals(pipeline.Spec, _spec))
            yield return $"the graph has another description: {StageGraphDiff.Between(_spec, pipeline.Spec)}";
        var graph = pipeline.Describe();
        if (graph.Revision != _revision || Running(graph) != _running)
            yield return $"revision {graph.Revision} runs in the place of {_revision}: {Running(graph)} was {_running}";
    }

    /// <summary>What of a graph is not as its description says: half of a change.</summary>
    public static IEnumerable<string> Gaps(DevicePipeline pipeline)
    {
        var (spec, graph) = (pipeline.Spec, pipeline.Describe());
        string described = Text(
            spec.Preset,
            spec.Stages.Select(s => $"{s.Name}@{s.Shard} {spec.HopOf(s)}"),
            spec.Edges.Select(e => $"{e} {e.Capacity}"));
        if (Running(graph) != described)
            yield return $"the graph runs {Running(graph)} but is described as {described}";
        if (graph.State != StageGraphState.Running)
            yield return $"the graph is {graph.State}";
        foreach (var edge in graph.Edges.Where(e => e.IsClosed))
            yield return $"the gate from {edge.From} to {edge.To} has stayed closed";
    }

    private static string Running(StageGraphDescriptor graph) => Text(
        graph.Preset,
        graph.Stages.Select(s => $"{s.Name}@{s.Shard} {s.Hop}"),
        graph.Edges.Select(e => $"{new EdgeSpec(e.From, e.Port, e.To, e.ToPort, e.Capacity)} {e.Capacity}"));

    private static string Text(string preset, IEnumerable<string> stages, IEnumerable<string> edges) =>
        $"{preset}: {string.Join(", ", stages)}; {string.Join(", ", edges)}";
}

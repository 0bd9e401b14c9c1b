namespace RdmaPipeline.Telemetry;

/// <summary>
/// The meters of one running graph, as they are published. Replace the object when the graph changes; dispose it when it closes.
/// </summary>
public sealed class PipelineSeries : IDisposable
{
    /// <summary>Describes a running graph.</summary>
    /// <param name="deviceName">The device the graph belongs to; may be empty.</param>
    /// <param name="graphName">The graph's name.</param>
    /// <param name="revision">The graph's revision, from 1.</param>
    /// <param name="stages">The meters of its stages.</param>
    /// <param name="edges">The meters of its edges.</param>
    public PipelineSeries(
        string deviceName, string graphName, long revision, IReadOnlyList<StageMeter> stages, IReadOnlyList<EdgeMeter> edges)
    {
        DeviceName = deviceName;
        GraphName = graphName;
        Revision = revision;
        Stages = stages;
        Edges = edges;
        Tags = new SeriesTags(this);
    }

    /// <summary>The device the graph belongs to.</summary>
    public string DeviceName { get; }

    /// <summary>The graph's name.</summary>
    public string GraphName { get; }

    /// <summary>The graph's revision.</summary>
    public long Revision { get; }

    /// <summary>The meters of its stages.</summary>
    public IReadOnlyList<StageMeter> Stages { get; }

    /// <summary>The meters of its edges.</summary>
    public IReadOnlyList<EdgeMeter> Edges { get; }

    internal SeriesTags Tags { get; }

    /// <summary>Begins to publish; a second call changes nothing.</summary>
    public void Publish() => PipelineExport.Add(this);

    /// <summary>Stops publishing.</summary>
    public void Dispose() => PipelineExport.Remove(this);
}

namespace RdmaPipeline.Telemetry;

/// <summary>
/// The meters of one running graph, as they are published. Replace the object when the graph changes; retire it when it closes.
/// </summary>
public sealed class PipelineSeries : IDisposable
{
    private readonly MetricSource _source;

    /// <summary>Describes a running graph.</summary>
    /// <param name="owner">Its meters, its device and its own name.</param>
    /// <param name="revision">The graph's revision, from 1.</param>
    /// <param name="stages">The meters of its stages.</param>
    /// <param name="edges">The meters of its edges.</param>
    /// <param name="changes">The meter of its changes; null where it has none.</param>
    public PipelineSeries(
        StageOwner owner, long revision, IReadOnlyList<StageMeter> stages, IReadOnlyList<EdgeMeter> edges,
        ReconfigurationMeter? changes = null)
    {
        Changes = changes;
        Owner = owner;
        Revision = revision;
        Stages = stages;
        Edges = edges;
        Tags = new SeriesTags(this);
        _source = PipelineExport.Describe(this);
    }

    /// <summary>Its meters, its device and its own name.</summary>
    public StageOwner Owner { get; }

    /// <summary>The graph's revision.</summary>
    public long Revision { get; }

    /// <summary>The meters of its stages.</summary>
    public IReadOnlyList<StageMeter> Stages { get; }

    /// <summary>The meters of its edges.</summary>
    public IReadOnlyList<EdgeMeter> Edges { get; }

    /// <summary>The meter of its changes; null where it has none.</summary>
    public ReconfigurationMeter? Changes { get; }

    internal SeriesTags Tags { get; }

    /// <summary>Begins to publish; a second call changes nothing.</summary>
    public void Publish() => _source.Publish();

    /// <summary>Stops publishing, because the series of another revision takes over.</summary>
    public void Dispose() => _source.Dispose();

    /// <summary>Stops publishing, because the graph has ended; see <see cref="MetricSource.Retire"/>.</summary>
    public void Retire() => _source.Retire();
}

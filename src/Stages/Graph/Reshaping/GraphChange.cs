using RdmaPipeline.Graph.Building;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Reshaping;

/// <summary>
/// What a change means for the running graph: which hosts go on, which go, which edges have to be empty before others take their place.
/// A fused shard goes as a whole.
/// </summary>
internal sealed class GraphChange<T>
    where T : class, IBurst
{
    private readonly HashSet<string> _exchanged;

    public GraphChange(GraphParts<T> running, StageGraphSpec<T> wanted, StageGraphDiff diff)
    {
        Running = running;
        Wanted = wanted;
        // A block knows from the start whether doorbells feed its pump.
        IEnumerable<string> rung = diff.AddedDoorbells.Concat(diff.RemovedDoorbells).Select(b => b.To);
        _exchanged = [.. diff.AddedStages, .. diff.RemovedStages, .. diff.ReplacedStages, .. diff.MovedStages, .. rung];
        AddFusedShards(diff);
        BrokenEdges = [.. running.Edges.Where(e => !Stays(e))];
        UpstreamFirst = [.. Downstream.First(running.Spec).AsEnumerable().Reverse().Select(n => running.ByName[n])];
        Going = [.. UpstreamFirst.Where(h => _exchanged.Contains(h.Name))];
        Leaving = [.. Going.Where(h => !MovesIn(h.Name))];
    }

    public GraphParts<T> Running { get; }

    public StageGraphSpec<T> Wanted { get; }

    /// <summary>The hosts of the running graph in an order in which every data edge leads forwards.</summary>
    public StageHost<T>[] UpstreamFirst { get; }

    /// <summary>Edges that go, or have another host at one end.</summary>
    public Edge<T>[] BrokenEdges { get; }

    /// <summary>Those of them that go.</summary>
    public StageHost<T>[] Going { get; }

    /// <summary>Those that go and whose stage goes too.</summary>
    public StageHost<T>[] Leaving { get; }

    /// <summary>Whether anything has to wait for the change: not for sizes and names.</summary>
    public bool StandsStill => Going.Length != 0 || BrokenEdges.Length != 0;

    /// <summary>The blocks that go.</summary>
    public IEnumerable<IGraphBlock> GoingBlocks => Going.Select(h => h.Block).Distinct();

    /// <summary>Stages of the new graph that get another host.</summary>
    public IEnumerable<StageSpec<T>> Coming => Wanted.Stages.Where(s => _exchanged.Contains(s.Name));

    /// <summary>Stages of the new graph that have to be made.</summary>
    public IEnumerable<StageSpec<T>> ToMake => Coming.Where(s => !MovesIn(s.Name));

    /// <summary>Stages of the new graph that are there already and get another host.</summary>
    public IEnumerable<(StageSpec<T> Description, IStage<T> Stage)> Moving =>
        Coming.Where(s => MovesIn(s.Name)).Select(s => (s, Running.ByName[s.Name].Stage));

    /// <summary>Stages of the new graph that are there already, whatever becomes of their hosts.</summary>
    public IEnumerable<(string Name, IStage<T> Stage)> Remaining =>
        Wanted.Stages.Where(s => Stays(s.Name) || MovesIn(s.Name)).Select(s => (s.Name, Running.ByName[s.Name].Stage));

    /// <summary>Whether the host of a stage goes on.</summary>
    public bool Stays(string stage) => Running.ByName.ContainsKey(stage) && !_exchanged.Contains(stage);

    /// <summary>Whether the edge between two hosts that go on goes on itself.</summary>
    public bool Stays(Edge<T> edge) => Stays(edge.Spec.From) && Stays(edge.Spec.To) && Wanted.Edges.Any(edge.Spec.Joins);

    /// <summary>The meter that goes on in the host of a stage: that of the stage of its name, if it is of the same type.</summary>
    public StageMeter? MeterFor(string name, IStage<T> stage) =>
        Running.ByName.TryGetValue(name, out StageHost<T>? host) && host.Meter.StageType == stage.GetType().Name ? host.Meter : null;

    /// <summary>Items under way that have to go on before the graph can be changed.</summary>
    public long CountItems() => Leaving.Sum(h => h.Held.Items)
        + BrokenEdges.Sum(e => e.Meter.Queued.Items - (Stays(e.Spec.From) ? e.WaitingAtSource.Items : 0));

    // The same stage, in another block: what it is and keeps goes along.
    private bool MovesIn(string name) =>
        Running.Spec.Find(name) is { } old && Wanted.Find(name) is { } wanted && StageGraphDiff.IsSame(old, wanted);

    private void AddFusedShards(StageGraphDiff diff)
    {
        HashSet<string> touched = [.. _exchanged];
        foreach (EdgeSpec edge in diff.AddedEdges.Concat(diff.RemovedEdges))
        {
            touched.Add(edge.From);
            touched.Add(edge.To);
        }

        foreach (StageGraphSpec<T> spec in new[] { Running.Spec, Wanted })
        {
            StageSpec<T>[] fused = [.. spec.Stages.Where(s => spec.HopOf(s) == HopPolicy.Fused)];
            HashSet<int> shards = [.. fused.Where(s => touched.Contains(s.Name)).Select(s => s.Shard)];
            _exchanged.UnionWith(fused.Where(s => shards.Contains(s.Shard)).Select(s => s.Name));
        }
    }
}

using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Tests.Kit;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>
/// Where every burst is: made by a pump, over edges on which none overtakes another, to where it ends. Kept by the stages themselves, apart
/// from all that the graph counts.
/// </summary>
internal sealed class BurstBook
{
    private readonly List<TestBurst> _born = [];
    private readonly Dictionary<TestBurst, (string Stage, int Port)> _underWay = [];
    private readonly Dictionary<(string Stage, int Port), Queue<TestBurst>> _edges = [];
    private long _ended;

    /// <summary>The description that runs.</summary>
    public Func<StageGraphSpec<TestBurst>?> Running { get; set; } = () => null;

    /// <summary>What comes out of stages is discarded from now on.</summary>
    public bool IsFaulted { get; set; }

    public void Born(TestBurst burst) => _born.Add(burst);

    public void Ended(TestBurst burst) => _ended += burst.Count;

    /// <summary>A stage is about to pass a burst on.</summary>
    public void Leaves(TestBurst burst, string stage, int port)
    {
        _underWay[burst] = (stage, port);
        if (!_edges.TryGetValue((stage, port), out var edge)) _edges[(stage, port)] = edge = [];
        edge.Enqueue(burst);
    }

    /// <summary>A stage takes a burst in.</summary>
    public void Arrives(TestBurst burst, string stage)
    {
        if (IsFaulted) return;
        if (!_underWay.Remove(burst, out var from))
            throw new FuzzFailureException($"burst {burst.Sequence} comes to '{stage}' and nobody has sent it");
        var first = _edges[from].Dequeue();
        if (first != burst)
            throw new FuzzFailureException($"burst {burst.Sequence} from {from} comes to '{stage}' before {first.Sequence}");
        var spec = Running()!;
        if (!spec.Edges.Any(edge => edge.To == stage && edge.From == from.Stage && PortOf(spec, edge) == from.Port))
            throw new FuzzFailureException($"burst {burst.Sequence} from {from} comes to '{stage}', where nothing leads from there");
    }

    /// <summary>In the end: each burst was let go, and each item ended, or is said to be dropped.</summary>
    /// <param name="dropped">Items that the graph says it has dropped.</param>
    public void Check(long dropped)
    {
        var kept = _born.Find(burst => burst.Holders != 0);
        if (kept is not null) throw new FuzzFailureException($"burst {kept.Sequence} is held {kept.Holders} times in the end");
        var born = _born.Sum(burst => (long)burst.Count);
        if (born != _ended + dropped) throw new FuzzFailureException($"{born} items were made, {_ended} ended and {dropped} were dropped");
        if (!IsFaulted && dropped != 0) throw new FuzzFailureException($"{dropped} items were dropped without a fault");
        _born.Clear();
        _underWay.Clear();
        _edges.Clear();
        (_ended, IsFaulted) = (0, false);
    }

    private static int PortOf(StageGraphSpec<TestBurst> spec, EdgeSpec edge) => spec.Find(edge.From)?.Outputs.IndexOf(edge.Port) ?? -1;
}

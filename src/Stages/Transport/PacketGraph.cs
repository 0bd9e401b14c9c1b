using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;

namespace RdmaPipeline.Transport;

/// <summary>
/// Puts stages of one's own into the description of a device's graph (<see cref="DeviceOptions.Graph"/>). A stage that every shard has,
/// such as <c>encode</c>, means all of them: then each shard gets an instance, by the names <c>x</c>, <c>x.1</c> and so on.
/// </summary>
public static class PacketGraph
{
    private const string Purpose = "insert one at";

    /// <summary>
    /// Puts a stage into the edge between two stages, behind those that were put there before: so several stand in the order of the calls.
    /// </summary>
    /// <typeparam name="TStage">The stage; it has one output.</typeparam>
    /// <param name="graph">The description.</param>
    /// <param name="from">The stage the edge starts at: a constant of <see cref="StageNames"/> or a stage of one's own.</param>
    /// <param name="to">The stage the edge ends at.</param>
    /// <param name="make">Makes an instance for the shard of a number, which it is then run by.</param>
    /// <param name="name">
    /// The stage's name in the graph, in metrics and spans: snake_case; null for the name of its type, <c>firewall</c> of a class
    /// Firewall.
    /// </param>
    /// <returns>
    /// The changed description; with an <see cref="StageGraphSpec{T}.EditErrors">error</see> that says what there is, where there is no
    /// such edge or the name is taken.
    /// </returns>
    public static StageGraphSpec<PacketBurst> Insert<TStage>(
        this StageGraphSpec<PacketBurst> graph, string from, string to, Func<int, TStage> make, string? name = null)
        where TStage : IStage<PacketBurst>
    {
        ArgumentNullException.ThrowIfNull(graph);
        var sources = Stages(graph, from);
        if (sources.Length == 0 || Stages(graph, to).Length == 0)
            return graph.WithEditError(graph.NoStage(sources.Length == 0 ? from : to, Purpose));
        EdgeSpec[] edges =
        [
            .. from edge in graph.Edges
               where sources.Contains(edge.From)
               let last = LastBefore(graph, edge, to)
               where last is not null
               select last,
        ];
        return edges.Length > 0
            ? Insert(graph, edges, make, name)
            : graph.WithEditError(
                $"There is no edge from '{from}' to '{to}' to insert a stage; from '{from}' lead {Text(Leaving(graph, sources))}.");
    }

    /// <summary>Puts a stage directly behind a stage that has one output.</summary>
    /// <typeparam name="TStage">The stage; it has one output.</typeparam>
    /// <param name="graph">The description.</param>
    /// <param name="stage">The stage: a constant of <see cref="StageNames"/> or a stage of one's own.</param>
    /// <param name="make">Makes an instance for the shard of a number, which it is then run by.</param>
    /// <param name="name">The stage's name in the graph; null for the name of its type in snake_case.</param>
    /// <returns>The changed description; with an error where there is no stage, not one edge behind it, or the name is taken.</returns>
    public static StageGraphSpec<PacketBurst> InsertAfter<TStage>(
        this StageGraphSpec<PacketBurst> graph, string stage, Func<int, TStage> make, string? name = null)
        where TStage : IStage<PacketBurst>
    {
        ArgumentNullException.ThrowIfNull(graph);
        var edges = Leaving(graph, Stages(graph, stage));
        return FindProblem(graph, edges, edge => edge.From, "behind", stage) is { } problem
            ? graph.WithEditError(problem)
            : Insert(graph, edges, make, name);
    }

    /// <summary>Puts a stage directly in front of a stage that has one input, or one from each shard.</summary>
    /// <typeparam name="TStage">The stage; it has one output.</typeparam>
    /// <param name="graph">The description.</param>
    /// <param name="stage">The stage: a constant of <see cref="StageNames"/> or a stage of one's own.</param>
    /// <param name="make">Makes an instance for the shard of a number, which it is then run by.</param>
    /// <param name="name">The stage's name in the graph; null for the name of its type in snake_case.</param>
    /// <returns>The changed description; with an error where no stage is named so, several edges end there, or the name is taken.</returns>
    public static StageGraphSpec<PacketBurst> InsertBefore<TStage>(
        this StageGraphSpec<PacketBurst> graph, string stage, Func<int, TStage> make, string? name = null)
        where TStage : IStage<PacketBurst>
    {
        ArgumentNullException.ThrowIfNull(graph);
        var targets = Stages(graph, stage);
        EdgeSpec[] edges = [.. graph.Edges.Where(edge => targets.Contains(edge.To))];
        return FindProblem(graph, edges, edge => ShardOf(graph, edge), "in front of", stage) is { } problem
            ? graph.WithEditError(problem)
            : Insert(graph, edges, make, name);
    }

    private static StageGraphSpec<PacketBurst> Insert<TStage>(
        StageGraphSpec<PacketBurst> graph, EdgeSpec[] edges, Func<int, TStage> make, string? name)
        where TStage : IStage<PacketBurst>
    {
        ArgumentNullException.ThrowIfNull(make);
        name ??= StageNames.Of(typeof(TStage));
        foreach (var edge in edges)
            graph = Insert(graph, edge, make, name);
        return graph;
    }

    private static StageGraphSpec<PacketBurst> Insert<TStage>(
        StageGraphSpec<PacketBurst> graph, EdgeSpec edge, Func<int, TStage> make, string name)
        where TStage : IStage<PacketBurst>
    {
        int shard = ShardOf(graph, edge);
        string own = StageNames.OnShard(name, shard);
        if (graph.Find(own) is not null)
            return graph.WithEditError($"There is a stage '{own}' already; give the new one another name.");
        var stage = new StageSpec<PacketBurst> { Name = own, Factory = () => make(shard), Shard = shard, Capacity = edge.Capacity };
        var second = new EdgeSpec(own, StageSpec<PacketBurst>.DefaultOutput, edge.To, edge.ToPort, edge.Capacity);
        return graph with
        {
            Stages = graph.Stages.Insert(graph.Stages.IndexOf(graph.Find(edge.To)!), stage),
            Edges = graph.Edges.Replace(edge, edge with { To = own, ToPort = StageSpec<PacketBurst>.DefaultInput }).Add(second),
        };
    }

    // The edge that ends the way from an edge to a stage, over stages with one way in and one way out.
    private static EdgeSpec? LastBefore(StageGraphSpec<PacketBurst> graph, EdgeSpec edge, string to)
    {
        for (int steps = graph.Stages.Length; steps > 0 && !IsNamed(edge.To, to); steps--)
        {
            if (graph.Edges.Count(e => e.To == edge.To) != 1 || graph.Edges.Where(e => e.From == edge.To).ToArray() is not [var next])
                return null;
            edge = next;
        }
        return IsNamed(edge.To, to) ? edge : null;
    }

    // An edge between shards is part of the one that is not the first: what leads there, or comes from there.
    private static int ShardOf(StageGraphSpec<PacketBurst> graph, EdgeSpec edge) =>
        Math.Max(graph.Find(edge.From)?.Shard ?? 0, graph.Find(edge.To)?.Shard ?? 0);

    private static EdgeSpec[] Leaving(StageGraphSpec<PacketBurst> graph, string[] stages) =>
        [.. graph.Edges.Where(edge => stages.Contains(edge.From))];

    private static string[] Stages(StageGraphSpec<PacketBurst> graph, string name) =>
        [.. graph.Stages.Select(stage => stage.Name).Where(stage => IsNamed(stage, name))];

    private static bool IsNamed(string stage, string name) =>
        stage == name || (stage.StartsWith(name, StringComparison.Ordinal) && stage[name.Length] == '.'
            && int.TryParse(stage.AsSpan(name.Length + 1), out _));

    private static string? FindProblem<TKey>(
        StageGraphSpec<PacketBurst> graph, EdgeSpec[] edges, Func<EdgeSpec, TKey> key, string where, string stage)
    {
        if (Stages(graph, stage).Length == 0)
            return graph.NoStage(stage, Purpose);
        if (edges.Length == 0)
            return $"There is no edge {where} '{stage}' to insert a stage.";
        return edges.GroupBy(key).Any(group => group.Count() > 1)
            ? $"There are several edges {where} '{stage}': {Text(edges)}; name both ends by {nameof(Insert)}."
            : null;
    }

    private static string Text(EdgeSpec[] edges) => edges.Length == 0 ? "none" : string.Join(", ", edges.Select(edge => edge.ToString()));
}

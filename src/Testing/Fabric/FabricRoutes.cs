namespace RdmaPipeline.Testing;

/// <summary>
/// The next link on the shortest way from a node to a host, over links that are up and through switches; of ways of the same length the one
/// whose link was made first.
/// </summary>
internal sealed class FabricRoutes
{
    private readonly Dictionary<(FabricNode From, FabricHost To), FabricLane?> _known = [];

    /// <summary>The topology has changed: ways are looked for anew.</summary>
    public void Forget() => _known.Clear();

    /// <summary>The lane to send on; null when no way leads there.</summary>
    public FabricLane? Next(FabricNode from, FabricHost to)
    {
        if (_known.TryGetValue((from, to), out var lane))
            return lane;
        var distances = Distances(to);
        lane = from.Links.Where(link => link.IsUp).Select(link => link.From(from))
            .Where(l => distances.ContainsKey(l.To) && (l.To == to || l.To is FabricSwitch)).MinBy(l => distances[l.To]);
        _known[(from, to)] = lane;
        return lane;
    }

    private static Dictionary<FabricNode, int> Distances(FabricHost to)
    {
        var distances = new Dictionary<FabricNode, int> { [to] = 0 };
        var edge = new Queue<FabricNode>([to]);
        while (edge.TryDequeue(out var node))
        {
            // Hosts end ways, they do not forward.
            if (node is FabricHost && node != to)
                continue;
            foreach (var link in node.Links.Where(link => link.IsUp))
            {
                var next = link.From(node).To;
                if (distances.TryAdd(next, distances[node] + 1))
                    edge.Enqueue(next);
            }
        }

        return distances;
    }
}

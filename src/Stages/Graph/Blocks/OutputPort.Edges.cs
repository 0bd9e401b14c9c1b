using System.Threading.Tasks.Dataflow;

namespace RdmaPipeline.Graph.Blocks;

/// <content>Where the port leads to.</content>
internal sealed partial class OutputPort<T>
{
    /// <summary>
    /// Leads the port to an edge: before the graph runs; or on the shard, behind a closed gate, when nothing of the port is left at the
    /// target of the edge before. What waits here goes along.
    /// </summary>
    public void Connect(BlockEdge<T> edge)
    {
        // The graph counts inputs itself: it does not propagate completion over links.
        var link = new PortLink<T>(this, edge.Target, new DataflowLinkOptions());
        lock (_lock)
        {
            ITargetBlock<T>? before = (Edge as BlockEdge<T>)?.Target;
            _links = [.. _links.Where(l => l.Target != before), link];
            if (_meter != edge.Meter)
            {
                _stash.GoOver(_meter, edge.Meter);
            }

            Edge = edge;
            _meter = edge.Meter;
            _stash.MarkNotOffered();
            ChooseDirect();
        }
    }
}

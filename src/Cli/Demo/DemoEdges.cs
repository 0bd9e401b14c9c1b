using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Demo;

/// <summary>What the edges of devices' graphs have counted.</summary>
public static class DemoEdges
{
    /// <summary>The edges in the order of the graph; what several devices counted on the same edge is summed.</summary>
    public static IReadOnlyList<EdgeResult> Of(params IEnumerable<RdmaDevice> devices) =>
    [
        .. from device in devices
           from edge in device.GetPipeline().Describe().Edges
           group edge by (edge.From, edge.To) into same
           select new EdgeResult(same.Key.From, same.Key.To, same.Sum(e => e.ConsumedItems), same.Sum(e => e.ConsumedBursts),
               same.Sum(e => e.DroppedItems), Math.Round(same.Sum(e => e.ItemsPerSecond), 1)),
    ];
}

using System.Globalization;

namespace RdmaPipeline.Graph.Description;

/// <summary>What is written beside an edge: its port if it has a name of its own, what has passed, what waits.</summary>
internal static class EdgeText
{
    public static string Label(EdgeDescriptor edge)
    {
        string port = edge.Port == "out" ? "" : edge.Port + ": ";
        string queued = edge.QueuedBursts == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {edge.QueuedBursts}/{edge.Capacity} queued");
        return string.Create(CultureInfo.InvariantCulture, $"{port}{edge.ConsumedItems} in {edge.ConsumedBursts}{queued}");
    }
}

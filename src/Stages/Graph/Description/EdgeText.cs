using System.Globalization;

namespace RdmaPipeline.Graph.Description;

/// <summary>What is written beside an edge: its port if it has a name of its own, what has passed, what waits.</summary>
internal static class EdgeText
{
    public static string Label(EdgeDescriptor edge)
    {
        string port = edge.Port == "out" ? "" : edge.Port + ": ";
        string passed = string.Create(CultureInfo.InvariantCulture, $"{port}{edge.ConsumedItems} in {edge.ConsumedBursts}");
        return edge.QueuedBursts == 0
            ? passed
            : string.Create(CultureInfo.InvariantCulture, $"{passed}, {edge.QueuedBursts}/{edge.Capacity} queued");
    }
}

using System.Globalization;
using System.Text;

namespace RdmaPipeline.Graph.Description;

/// <summary>Writes Graphviz: stages as boxes, data edges solid with their counts, doorbells bold.</summary>
internal static class DotWriter
{
    public static string Write(StageGraphDescriptor graph)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"digraph {Quote(graph.Name)} {{\n    rankdir=LR;\n    node [shape=box];\n");
        foreach (StageDescriptor stage in graph.Stages)
        {
            string drops = stage.DroppedItems == 0 ? "" : $"\ndropped {stage.DroppedItems}";
            text.Append(CultureInfo.InvariantCulture, $"    {Quote(stage.Name)} [label={Quote(stage.Name + drops)}];\n");
        }

        foreach (EdgeDescriptor edge in graph.Edges)
        {
            string style = edge.IsClosed ? ", color=red" : "";
            string label = Quote(EdgeText.Label(edge)) + style;
            text.Append(CultureInfo.InvariantCulture, $"    {Quote(edge.From)} -> {Quote(edge.To)} [label={label}];\n");
        }

        foreach (DoorbellDescriptor bell in graph.Doorbells)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"    {Quote(bell.From ?? "outside")} -> {Quote(bell.To)} [label={Quote($"doorbell {bell.Rung}")}, style=bold];\n");
        }

        return text.Append("}\n").ToString();
    }

    private static string Quote(string text) => "\"" + text
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal) + "\"";
}

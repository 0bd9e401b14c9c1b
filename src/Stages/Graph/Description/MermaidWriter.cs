using System.Globalization;
using System.Text;

namespace RdmaPipeline.Graph.Description;

/// <summary>Writes a Mermaid flowchart: stages as boxes, data edges solid with their counts, doorbells thick.</summary>
internal static class MermaidWriter
{
    public static string Write(StageGraphDescriptor graph)
    {
        var text = new StringBuilder("flowchart LR\n");
        foreach (StageDescriptor stage in graph.Stages)
        {
            text.Append(CultureInfo.InvariantCulture, $"    {Id(stage.Name)}[\"{Escape(stage.Name)}{Drops(stage)}\"]\n");
        }

        foreach (EdgeDescriptor edge in graph.Edges)
        {
            string mark = edge.IsClosed ? " (gate closed)" : "";
            text.Append(CultureInfo.InvariantCulture, $"    {Id(edge.From)} -->|\"{Escape(EdgeText.Label(edge))}{mark}\"| {Id(edge.To)}\n");
        }

        foreach (DoorbellDescriptor bell in graph.Doorbells)
        {
            string from = bell.From is null ? $"outside_{Id(bell.To)}((\"outside\"))" : Id(bell.From);
            text.Append(CultureInfo.InvariantCulture, $"    {from} ==>|\"doorbell {bell.Rung}\"| {Id(bell.To)}\n");
        }

        return text.ToString();
    }

    // "end" and the like are keywords of the language, and a custom stage may have any name.
    private static string Id(string name) => "s_" + string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private static string Drops(StageDescriptor stage) => stage.DroppedItems == 0 ? "" : $"<br/>dropped {stage.DroppedItems}";

    private static string Escape(string text) => text.Replace("\"", "#quot;", StringComparison.Ordinal);
}

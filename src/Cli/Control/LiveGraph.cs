using System.Text;
using RdmaPipeline.Hosting.Snapshots;

namespace RdmaPipeline.Cli.Control;

/// <summary>The graph of a running device with its rates, in the languages in which graphs are printed.</summary>
public static class LiveGraph
{
    public static string ToMermaid(GraphSnapshot graph)
    {
        var text = new StringBuilder("flowchart LR\n");
        foreach (var stage in graph.Stages) text.Append($"    {Id(stage.Name)}[\"{Escape(Label(stage, "<br/>"))}\"]\n");
        foreach (var edge in graph.Edges)
            text.Append($"    {Id(edge.From)} -->|\"{Escape(Label(edge))}\"| {Id(edge.To)}\n");
        foreach (var bell in graph.Doorbells)
        {
            var from = bell.From is null ? $"outside_{Id(bell.To)}((\"outside\"))" : Id(bell.From);
            text.Append($"    {from} ==>|\"doorbell {Rate(bell.RungPerSecond)}\"| {Id(bell.To)}\n");
        }

        return text.ToString();
    }

    public static string ToDot(GraphSnapshot graph)
    {
        var text = new StringBuilder($"digraph {Quote(graph.Name)} {{\n    rankdir=LR;\n    node [shape=box];\n");
        foreach (var stage in graph.Stages) text.Append($"    {Quote(stage.Name)} [label={Quote(Label(stage, "\n"))}];\n");
        foreach (var edge in graph.Edges)
        {
            var colour = edge.IsClosed ? ", color=red" : "";
            text.Append($"    {Quote(edge.From)} -> {Quote(edge.To)} [label={Quote(Label(edge))}{colour}];\n");
        }

        foreach (var bell in graph.Doorbells)
        {
            var label = Quote($"doorbell {Rate(bell.RungPerSecond)}");
            text.Append($"    {Quote(bell.From ?? "outside")} -> {Quote(bell.To)} [label={label}, style=bold];\n");
        }

        return text.Append("}\n").ToString();
    }

    private static string Label(StageSnapshot stage, string end)
    {
        var blocked = stage.BlockedFraction > 0 ? FormattableString.Invariant($"{end}blocked {100 * stage.BlockedFraction:0}%") : "";
        var dropped = stage.DroppedItems > 0 ? $"{end}dropped {stage.DroppedItems}" : "";
        return $"{stage.Name}{end}{Rate(stage.ItemsPerSecond)}{blocked}{dropped}";
    }

    private static string Label(EdgeSnapshot edge)
    {
        var port = edge.Port == "out" ? "" : $"{edge.Port}: ";
        var burst = FormattableString.Invariant($"{edge.MeanBurst:0.0}");
        return $"{port}{Rate(edge.ItemsPerSecond)} in bursts of {burst}, {edge.QueuedBursts}/{edge.Capacity} queued"
            + (edge.IsClosed ? ", gate closed" : "");
    }

    private static string Rate(double perSecond) => FormattableString.Invariant($"{perSecond:0}/s");

    // "end" and the like are keywords of the language, and a custom stage may have any name.
    private static string Id(string name) => "s_" + string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    private static string Escape(string text) => text.Replace("\"", "#quot;", StringComparison.Ordinal);

    private static string Quote(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";
}

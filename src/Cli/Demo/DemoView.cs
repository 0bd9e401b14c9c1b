using System.Globalization;
using Spectre.Console;

namespace RdmaPipeline.Cli.Demo;

/// <summary>The demonstration for a person: progress while it runs, then two tables.</summary>
public sealed class DemoView(IAnsiConsole console)
{
    /// <summary>Runs the demonstration with a bar for each operation.</summary>
    public DemoReport Watch(DemoProgram program, CancellationToken cancellation) =>
        console.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .Start(progress =>
            {
                var bars = DemoOperation.All.ToDictionary(o => o.Name, o => progress.AddTask(o.Name, maxValue: Weight(o)));
                return program.Run((what, count) => bars[what.Operation.Name].Increment(Weight(what) * count / what.Count), cancellation);
            });

    /// <summary>Prints the edges of the graph and the table of operations.</summary>
    public void Show(DemoReport report)
    {
        console.Write(Edges(report.Edges));
        console.Write(Operations(report.Operations));
    }

    private static Table Edges(IEnumerable<EdgeResult> edges)
    {
        var table = new Table().Title("the graph, both devices").RoundedBorder().AddColumns("from", "to").AddColumns(
            [.. new[] { "items", "bursts", "dropped", "items/s" }.Select(Right)]);
        foreach (var edge in edges)
            table.AddRow(edge.From, edge.To, Number(edge.Items), Number(edge.Bursts), Number(edge.Dropped), Number(edge.ItemsPerSecond));
        return table;
    }

    private static Table Operations(IEnumerable<OperationResult> operations)
    {
        var table = new Table().Title("operations").RoundedBorder().AddColumn("operation").AddColumns(
            [.. new[] { "size", "count", "bytes" }.Select(Right)]).AddColumn("verified");
        foreach (var row in operations)
            table.AddRow(row.Name, Number(row.Size), Number(row.Count), Number(row.Bytes), row.Verified ? "[green]yes[/]" : "[red]NO[/]");
        return table;
    }

    private static TableColumn Right(string name) => new TableColumn(name).RightAligned();

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>What a case costs: its bytes, and as much for each message as for some packets.</summary>
    private static double Weight(DemoCase what) => what.Bytes + 4096.0 * what.Count;

    private static double Weight(DemoOperation operation) => DemoCase.All.Where(c => c.Operation == operation).Sum(Weight);
}

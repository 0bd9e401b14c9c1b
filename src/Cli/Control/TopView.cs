using System.Globalization;
using RdmaPipeline.Hosting.Snapshots;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace RdmaPipeline.Cli.Control;

/// <summary>A snapshot as tables: stages and edges of each device, and what went wrong last.</summary>
public static class TopView
{
    private const int IncidentsShown = 5;

    public static IRenderable Of(PipelineSnapshot snapshot) => new Rows(
    [
        new Text(Invariant($"{snapshot.ProcessName} {snapshot.ProcessId}, {snapshot.Devices.Count} devices, ")
            + Invariant($"rates over {snapshot.IntervalSeconds:0.0} s")),
        .. snapshot.Devices.SelectMany(device => new IRenderable[] { Title(device), Stages(device.Graph), Edges(device.Graph) }),
        .. snapshot.Incidents.TakeLast(IncidentsShown).Select(incident => new Text(
            Invariant($"{incident.Time.ToLocalTime():HH:mm:ss} {incident.Device} {incident.Kind} {incident.Subject} × {incident.Count}"))),
    ]);

    private static Text Title(DeviceSnapshot device) => new(
        Invariant($"{device.Name}: {device.Graph.Preset} r{device.Graph.Revision} {device.Graph.State}, port {device.PortState}, ")
        + Invariant($"{device.QueuePairCount} queue pairs, {device.PendingSends} sends pending, ")
        + Invariant($"out {device.Sent.PacketsPerSecond:N0} packets/s {device.Sent.BytesPerSecond / 1e6:N1} MB/s, ")
        + Invariant($"in {device.Received.PacketsPerSecond:N0} packets/s {device.Received.BytesPerSecond / 1e6:N1} MB/s"));

    private static Table Stages(GraphSnapshot graph)
    {
        var table = NewTable("stage", "items/s", "burst", "busy", "blocked", "drops/s", "dropped");
        foreach (var stage in graph.Stages)
        {
            table.AddRow(stage.Name, Number(stage.ItemsPerSecond), Decimal(stage.MeanBurst), Percent(stage.BusyFraction),
                Percent(stage.BlockedFraction), Number(stage.DroppedPerSecond), Number(stage.DroppedItems));
        }

        return table;
    }

    private static Table Edges(GraphSnapshot graph)
    {
        var table = NewTable("edge", "items/s", "burst", "queued", "fill", "refused", "gate");
        foreach (var edge in graph.Edges)
        {
            table.AddRow(edge.Name, Number(edge.ItemsPerSecond), Decimal(edge.MeanBurst),
                Invariant($"{edge.QueuedBursts}/{edge.Capacity}"), Percent(edge.Fill), Number(edge.RefusedOffers),
                edge.IsClosed ? "closed" : "open");
        }

        return table;
    }

    private static Table NewTable(string first, params string[] others) => new Table().RoundedBorder().AddColumn(first)
        .AddColumns([.. others.Select(name => new TableColumn(name).RightAligned())]);

    private static string Number(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Decimal(double value) => value.ToString("N1", CultureInfo.InvariantCulture);

    private static string Percent(double value) => Invariant($"{100 * value:0}%");

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}

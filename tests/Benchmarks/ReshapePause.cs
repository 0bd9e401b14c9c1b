using RdmaPipeline.Testing.Reshaping;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Benchmarks;

/// <summary>How long something stands still when a device is changed under a full two-way load of RC, UC and UD, by kind of edit.</summary>
internal static class ReshapePause
{
    private const int WarmUps = 200;

    /// <summary>Measures after warm-up and prints percentiles.</summary>
    /// <param name="edits">Edits on each medium, at least 1.</param>
    /// <param name="output">Where to.</param>
    public static void Measure(int edits, TextWriter output)
    {
        Measure("in memory", "mem://reshape/a", "mem://reshape/b", new DeviceOptions(), edits, output);
        Measure("in memory, 2 shards", "mem://reshape2/a", "mem://reshape2/b", new DeviceOptions { ShardCount = 2 }, edits, output);
        Measure("UDP", "udp://127.0.0.17", "udp://127.0.0.18", new DeviceOptions(), edits, output);
    }

    private static void Measure(string medium, string first, string second, DeviceOptions options, int edits, TextWriter output)
    {
        using var a = RdmaPipelineDevice.Open(first, options);
        using var b = RdmaPipelineDevice.Open(second, options);
        using var load = new TwoWayLoad(
            a, b, QueuePairType.ReliableConnection, QueuePairType.UnreliableConnection, QueuePairType.UnreliableDatagram);
        var run = new ReshapeRun(a, b, load, seed: 1);
        var pauses = new Dictionary<EditKind, List<double>>();
        for (var edit = -WarmUps; edit < edits; edit++)
        {
            var kind = run.ChooseKind();
            var pause = run.EditUnderLoad(kind).TotalMilliseconds;
            if (edit >= 0)
                (pauses.TryGetValue(kind, out var list) ? list : pauses[kind] = []).Add(pause);
        }
        run.Judge(medium);
        run.Findings.ForEach(output.WriteLine);
        output.WriteLine($"{medium}: {load.Figures.Sent} messages, {load.Figures.Lost} lost, {load.Figures.Reordered} reordered");
        foreach (var (kind, list) in pauses.OrderBy(pair => pair.Key))
            Print(output, kind.ToString(), list);
        Print(output, "all", [.. pauses.Values.SelectMany(list => list)]);
    }

    private static void Print(TextWriter output, string what, List<double> milliseconds)
    {
        milliseconds.Sort();
        var (p50, p99) = (milliseconds[milliseconds.Count / 2], milliseconds[milliseconds.Count * 99 / 100]);
        output.WriteLine($"  {what,-9} {milliseconds.Count,6}  p50 {p50,7:F3} ms  p99 {p99,7:F3} ms  longest {milliseconds[^1],7:F3} ms");
    }
}

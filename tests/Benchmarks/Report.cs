using System.Text.Json;

namespace RdmaPipeline.Benchmarks;

/// <summary>Medians and ratios of one run.</summary>
internal static class Report
{
    public static void Print(IReadOnlyDictionary<IBenchmarkCase, List<Sample>> samples, TextWriter output)
    {
        foreach (var group in samples.GroupBy(s => s.Key.Workload))
        {
            var reference = group.First(g => g.Key is TcpStreamCase or TcpPingPongCase or TcpByteStreamCase);
            output.WriteLine();
            output.WriteLine(TitleOf(group.Key));
            output.WriteLine(
                $"  {"case",-34} {"median",9} {"min",9} {"max",9} {"ratio",7} {"syscalls/packet",16} {"B/packet",9} {"B/MiB",9}");
            foreach (var (contender, list) in group)
                output.WriteLine(Line(contender, list, reference.Value));
        }
    }

    public static void Json(IReadOnlyDictionary<IBenchmarkCase, List<Sample>> samples, Stream output)
    {
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        writer.WriteStartArray();
        foreach (var (contender, list) in samples)
        {
            writer.WriteStartObject();
            writer.WriteString("case", contender.Name);
            writer.WriteString("workload", contender.Workload.ToString());
            writer.WriteNumber("median", Median(list.Select(s => s.Value)));
            writer.WriteNumber("systemCallsPerPacket", PerPacket(list, s => s.SystemCalls));
            writer.WriteNumber("allocatedBytesPerPacket", PerPacket(list, s => s.AllocatedBytes));
            if (list.Any(s => s.PayloadBytes > 0))
                writer.WriteNumber("allocatedBytesPerMiB", PerMebibyte(list));
            writer.WriteStartArray("samples");
            list.ForEach(s => writer.WriteNumberValue(s.Value));
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string TitleOf(Workload workload) => workload switch
    {
        Workload.Stream64KiB => "WRITE/stream of 64 KiB messages, GB/s (median of samples; ratio to TCP pair by pair: more is better)",
        Workload.ByteStream => "stream of bytes, awaited, GB/s (median of samples; ratio to TCP pair by pair: more is better)",
        _ => "64 B ping-pong, half round trip in µs (median of samples; ratio to TCP pair by pair: less is better)",
    };

    private static string Line(IBenchmarkCase contender, List<Sample> list, List<Sample> reference)
    {
        var scale = contender.Workload == Workload.PingPong64B ? 1e6 : 1e-9;
        var ratio = Median(list.Zip(reference, (a, b) => a.Value / b.Value));
        var values = list.Select(s => s.Value * scale).ToList();
        var calls = list.Any(s => s.SystemCalls > 0) ? $"{PerPacket(list, s => s.SystemCalls):F3}" : "-";
        var bytes = list.Any(s => s.Packets > 0) ? $"{PerPacket(list, s => s.AllocatedBytes):F3}" : "-";
        var payload = list.Any(s => s.PayloadBytes > 0) ? $"{PerMebibyte(list):F1}" : "-";
        return $"  {contender.Name,-34} {Median(values),9:F2} {values.Min(),9:F2} {values.Max(),9:F2} {ratio,7:F2} {calls,16} {bytes,9}"
            + $" {payload,9}";
    }

    private static double PerPacket(List<Sample> list, Func<Sample, long> what)
    {
        var packets = list.Sum(s => s.Packets);
        return packets == 0 ? 0 : (double)list.Sum(what) / packets;
    }

    private static double PerMebibyte(List<Sample> list) =>
        list.Sum(s => s.AllocatedBytes) * 1048576.0 / list.Sum(s => s.PayloadBytes);

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

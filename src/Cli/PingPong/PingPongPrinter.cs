using System.Globalization;
using System.Text.Json;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>Prints what ibv_*_pingpong prints, or the JSON report.</summary>
public static class PingPongPrinter
{
    public static void PrintEnds(TextWriter output, string which, IEnumerable<PingPongDestination> ends)
    {
        foreach (var end in ends) output.WriteLine($"  {which + " address:",-15} {end}");
    }

    public static void PrintMeasures(TextWriter output, PingPongResult result, int wrongAt)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{result.Bytes} bytes in {result.Seconds:0.00} seconds = {result.MegabitsPerSecond:0.00} Mbit/sec"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{result.Iterations} iters in {result.Seconds:0.00} seconds = {result.MicrosecondsPerIteration:0.00} usec/iter"));
        if (wrongAt >= 0) output.WriteLine($"invalid data in page {wrongAt / Environment.SystemPageSize}");
    }

    public static void PrintJson(TextWriter output, PingPongResult result) =>
        output.WriteLine(JsonSerializer.Serialize(result, CliJson.Options));
}

using RdmaPipeline.Verbs;

namespace RdmaPipeline.Benchmarks;

/// <summary>
/// What metrics and traces cost: processor time per packet of a stream in memory, with a listener and without, in turn, and the ratio pair
/// by pair. The machine's speed drifts; the two halves of a pair meet it at nearly the same time.
/// </summary>
internal static class TelemetryCost
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(6);

    private static readonly (string Name, TracingOptions Traces, bool TracesToo)[] Listeners =
    [
        ("metrics", new TracingOptions(), false),
        ("metrics + traces", new TracingOptions(), true),
        ("metrics + traces, no limit", new TracingOptions { MaxPerSecond = 0 }, true),
    ];

    /// <summary>Measures, and prints the median ratio with the 95 % interval of the median.</summary>
    /// <param name="pairs">Pairs for each workload and listener, at least 6.</param>
    /// <param name="sampleTime">Time of each half of a pair.</param>
    /// <param name="output">Where to print.</param>
    public static void Measure(int pairs, TimeSpan sampleTime, TextWriter output)
    {
        output.WriteLine($"CPU time per packet in memory, {pairs} interleaved pairs of {sampleTime.TotalMilliseconds:F0} ms; on / off");
        output.WriteLine(
            $"  {"workload",-16} {"telemetry",-26} {"off ns",8} {"on ns",8} {"ratio",7}  {"95 % of the median",-18} {"B/packet",9}");
        foreach (int size in new[] { 65536, 64 })
        {
            foreach (var (name, traces, tracesToo) in Listeners)
            {
                string fabric = $"mem://cost-{size}";
                using var stream = new RcWriteStreamCase(
                    $"{size}", $"{fabric}/a?icrc=off", $"{fabric}/b?icrc=off", PathMtu.Mtu4096, size, traces);
                // Each sample has a collection in it.
                var listen = () => new TelemetryListener(tracesToo, sampleTime * 2 / 3);
                WarmUp(stream, listen, sampleTime);
                Print(output, size, name, MeasurePairs(stream, listen, pairs, sampleTime));
            }
        }
    }

    // What is sampled is called so rarely that the just-in-time compiler is at it for seconds, and puts off the rest of the path meanwhile.
    private static void WarmUp(RcWriteStreamCase stream, Func<IDisposable> listen, TimeSpan sampleTime)
    {
        TakeOn(stream, listen, s_warmUp);
        CpuSample.Take(stream, sampleTime);
    }

    private static List<(CpuSample Off, CpuSample On)> MeasurePairs(
        RcWriteStreamCase stream, Func<IDisposable> listen, int pairs, TimeSpan sampleTime)
    {
        var measured = new List<(CpuSample, CpuSample)>(pairs);
        for (int i = 0; i < pairs; i++)
        {
            // Who comes first has no advantage.
            if (i % 2 == 0)
            {
                var off = CpuSample.Take(stream, sampleTime);
                measured.Add((off, TakeOn(stream, listen, sampleTime)));
            }
            else
            {
                var on = TakeOn(stream, listen, sampleTime);
                measured.Add((CpuSample.Take(stream, sampleTime), on));
            }
        }

        return measured;
    }

    private static CpuSample TakeOn(RcWriteStreamCase stream, Func<IDisposable> listen, TimeSpan sampleTime)
    {
        using var listener = listen();
        return CpuSample.Take(stream, sampleTime);
    }

    private static void Print(TextWriter output, int size, string name, List<(CpuSample Off, CpuSample On)> pairs)
    {
        double[] ratios = [.. pairs.Select(p => p.On.NanosecondsPerPacket / p.Off.NanosecondsPerPacket).Order()];
        var (low, high) = Ranks(ratios.Length);
        double off = Median([.. pairs.Select(p => p.Off.NanosecondsPerPacket).Order()]);
        double on = Median([.. pairs.Select(p => p.On.NanosecondsPerPacket).Order()]);
        output.WriteLine($"  {size + " B WRITE",-16} {name,-26} {off,8:F1} {on,8:F1} {Median(ratios),7:F4}  "
            + $"{ratios[low]:F4} to {ratios[high],-8:F4} {pairs.Average(p => p.On.BytesPerPacket),9:F3}");
    }

    private static double Median(double[] sorted) => (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;

    // The values of these ranks enclose the median in 95 % of all samples of this size: the binomial distribution, with no assumption about
    // that of the ratios.
    private static (int Low, int High) Ranks(int count)
    {
        double below = 0, term = Math.Pow(0.5, count);
        int rank = 0;
        while (below + term <= 0.025)
        {
            below += term;
            term *= (double)(count - rank) / (rank + 1);
            rank++;
        }

        return (Math.Max(0, rank - 1), Math.Min(count - 1, count - rank));
    }
}

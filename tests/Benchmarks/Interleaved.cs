namespace RdmaPipeline.Benchmarks;

/// <summary>
/// Runs all cases in turn, round after round, so that a drift of the machine's speed meets all of them alike; the first round warms up
/// and is thrown away.
/// </summary>
internal static class Interleaved
{
    public static Dictionary<IBenchmarkCase, List<Sample>> Run(
        IReadOnlyList<IBenchmarkCase> cases, int rounds, TimeSpan sampleTime, Action<string> progress)
    {
        var samples = cases.ToDictionary(c => c, _ => new List<Sample>(rounds));
        for (var round = -1; round < rounds; round++)
        {
            foreach (var contender in cases)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                var sample = contender.Run(sampleTime);
                if (round < 0)
                    continue;
                samples[contender].Add(sample);
                progress($"round {round + 1}/{rounds} {contender.Workload} {contender.Name}");
            }
        }

        return samples;
    }
}

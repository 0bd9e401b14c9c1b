namespace RdmaPipeline.LoadTests.Scenarios;

/// <summary>Mixed operations on many queue pairs, both ways, for a time: nothing is lost, nothing is stuck, memory does not grow.</summary>
internal static class MixedScenario
{
    private const int WarmUpPart = 10;

    public static LoadReport Run(LoadSettings settings)
    {
        using var pair = new LoopbackPair("mixed", settings);
        pair.Start();
        LoadLoop.For(settings.Duration / WarmUpPart, pair.First, pair.Second);
        var (heap, workingSet) = Measure();
        LoadLoop.For(settings.Duration - settings.Duration / WarmUpPart, pair.First, pair.Second);
        var (heapThen, workingSetThen) = Measure();
        var report = pair.Finish();
        report.HeapGrowthBytes = heapThen - heap;
        report.WorkingSetGrowthBytes = workingSetThen - workingSet;
        return report;
    }

    private static (long Heap, long WorkingSet) Measure() => (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
}

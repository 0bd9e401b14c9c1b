using System.Diagnostics;
using RdmaPipeline.ConformanceTests.Backends;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.LoadTests.Scenarios;

/// <summary>
/// The cable between two network namespaces is cut and restored. A short cut is survived; after one that outlasts the retries every queue
/// pair has failed, nothing is stuck, and the devices connect again.
/// </summary>
internal static class CutScenario
{
    /// <summary>0.27 s: eight of them outlast a short cut and end within a long one.</summary>
    private const int Timeout = 16;

    private static readonly TimeSpan s_shortCut = TimeSpan.FromMilliseconds(600);

    public static LoadReport Run(LoadSettings settings)
    {
        var watch = Stopwatch.StartNew();
        using var cable = NamespacePair.Open();
        using var first = cable.Run(0, () => RdmaPipelineDevice.Open("udp://10.77.0.1"));
        using var second = cable.Run(1, () => RdmaPipelineDevice.Open("udp://10.77.0.2"));
        var report = new LoadReport { Scenario = "cut", QueuePairs = settings.QueuePairs };
        Survive(cable, first, second, settings, report);
        Outlast(cable, first, second, settings, report);
        Survive(cable, first, second, settings with { Seed = settings.Seed + 1 }, report);
        report.Add(first);
        report.Add(second);
        report.Seconds = watch.Elapsed.TotalSeconds;
        return report;
    }

    private static void Survive(NamespacePair cable, RdmaDevice one, RdmaDevice other, LoadSettings settings, LoadReport report)
    {
        using var first = new LoadSide(one, settings, isFirst: true);
        using var second = new LoadSide(other, settings, isFirst: false);
        Connect(first, second);
        LoadLoop.For(settings.Duration / 2, first, second);
        cable.Cut();
        LoadLoop.For(s_shortCut, first, second);
        cable.Restore();
        LoadLoop.For(settings.Duration / 2, first, second);
        report.Stuck += LoadLoop.Drain(first, second);
        report.Add(first);
        report.Add(second);
    }

    private static void Outlast(NamespacePair cable, RdmaDevice one, RdmaDevice other, LoadSettings settings, LoadReport report)
    {
        using var first = new LoadSide(one, settings, isFirst: true);
        using var second = new LoadSide(other, settings, isFirst: false);
        Connect(first, second);
        LoadLoop.For(settings.Duration / 2, first, second);
        cable.Cut();
        LoadLoop.Until(() => HasEnded(first) && HasEnded(second), first, second);
        cable.Restore();
        report.Stuck += first.Outstanding + second.Outstanding;
        report.Other["failedQueuePairs"] = first.Ends.Count(end => end.HasFailed) + second.Ends.Count(end => end.HasFailed);
        report.Add(first);
        report.Add(second);
    }

    private static bool HasEnded(LoadSide side) => side.Ends.All(end => end.HasFailed && end.Outstanding == 0);

    private static void Connect(LoadSide first, LoadSide second)
    {
        var options = new ConnectOptions { Timeout = Timeout };
        first.Connect([.. second.Ends.Select(end => end.Self)], options);
        second.Connect([.. first.Ends.Select(end => end.Self)], options);
        first.Start();
        second.Start();
    }
}

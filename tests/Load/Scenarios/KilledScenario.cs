using System.Diagnostics;
using RdmaPipeline.ConformanceTests.Device;

namespace RdmaPipeline.LoadTests.Scenarios;

/// <summary>
/// The peer's process is killed in mid-transfer: each work request of this side, receives included, completes once, the first of every
/// queue pair because its retries are exhausted, the others flushed. The device then serves the peer's next life.
/// </summary>
internal static class KilledScenario
{
    private const int StepsBeforeDeath = 20;

    /// <summary>0.27 s: a busy machine is no death, and eight of them are soon over.</summary>
    private const int Timeout = 16;

    public static LoadReport Run(LoadSettings settings)
    {
        var watch = Stopwatch.StartNew();
        int port = FreePorts.Next();
        using var side = new LoadSide(LoopbackPair.Uri(1, port), settings, isFirst: true);
        using (var peer = PeerProcess.Start(LoopbackPair.Uri(2, port), settings, Timeout))
        {
            peer.ConnectTo(side, Timeout);
            Start(side, peer);
            LoadLoop.Until(() => side.Figures.Operations >= (long)settings.QueuePairs * StepsBeforeDeath, side);
            peer.Kill();
        }
        LoadLoop.Until(() => side.Ends.All(end => end.HasFailed && end.Outstanding == 0), side);
        var report = new LoadReport { Scenario = "killed", QueuePairs = settings.QueuePairs, Stuck = side.Outstanding };
        report.Add(side);
        report.Add(side.Device);
        report.Other["posted"] = side.Figures.Posted;
        report.Other["completed"] = side.Figures.Completed;
        report.Other["operationsWithNextPeer"] = ServeNext(side, settings, port, report);
        report.Seconds = watch.Elapsed.TotalSeconds;
        return report;
    }

    private static long ServeNext(LoadSide former, LoadSettings settings, int port, LoadReport report)
    {
        settings = settings with { Seed = settings.Seed + 1 };
        using var side = new LoadSide(former.Device, settings, isFirst: true);
        using var peer = PeerProcess.Start(LoopbackPair.Uri(2, port), settings, Timeout);
        peer.ConnectTo(side, Timeout);
        Start(side, peer);
        LoadLoop.Until(() => side.Figures.Operations >= (long)settings.QueuePairs * StepsBeforeDeath, side);
        peer.Stop(side, report);
        return side.Figures.Operations;
    }

    private static void Start(LoadSide side, PeerProcess peer)
    {
        peer.Go();
        side.Start();
    }
}

using System.Diagnostics;
using RdmaPipeline.ConformanceTests.Device;

namespace RdmaPipeline.LoadTests.Scenarios;

/// <summary>The peer's process is stopped again and again for longer than a timeout: everything is repeated until it is served.</summary>
internal static class StarvedScenario
{
    private const int Rounds = 5;

    /// <summary>0.13 s.</summary>
    private const int Timeout = 15;

    private static readonly TimeSpan s_starvation = TimeSpan.FromMilliseconds(400);

    public static LoadReport Run(LoadSettings settings)
    {
        var watch = Stopwatch.StartNew();
        int port = FreePorts.Next();
        using var side = new LoadSide(LoopbackPair.Uri(1, port), settings, isFirst: true);
        using var peer = PeerProcess.Start(LoopbackPair.Uri(2, port), settings, Timeout);
        peer.ConnectTo(side, Timeout);
        peer.Go();
        side.Start();
        for (int round = 0; round < Rounds; round++)
        {
            LoadLoop.For(settings.Duration / Rounds, side);
            peer.Signal("STOP");
            LoadLoop.For(s_starvation, side);
            peer.Signal("CONT");
        }
        var report = new LoadReport { Scenario = "starved", QueuePairs = settings.QueuePairs };
        report.Other["starvations"] = Rounds;
        peer.Stop(side, report);
        report.Stuck = side.Ends.Count(end => end.IsBusy);
        report.Add(side);
        report.Add(side.Device);
        report.Seconds = watch.Elapsed.TotalSeconds;
        return report;
    }
}

using RdmaPipeline.LoadTests.Scenarios;
using RdmaPipeline.Verbs;
using Xunit.Abstractions;

namespace RdmaPipeline.LoadTests;

/// <summary>Short runs of the scenarios. The long ones are run by hand: <c>dotnet run -c Release --project tests/Load -- all</c>.</summary>
public sealed class LoadTests(ITestOutputHelper output)
{
    private static readonly LoadSettings s_settings = new() { QueuePairs = 64, Duration = TimeSpan.FromSeconds(2) };

    [Fact]
    public void MixedOperationsOnManyQueuePairsLoseNothing()
    {
        var report = Run(MixedScenario.Run);
        Assert.Empty(report.Errors);
    }

    [Fact] // R-REQ-46, R-CQ-17: one reason for each queue pair, all others flushed
    public void AKilledPeerLeavesNoWorkRequestBehind()
    {
        var report = Run(KilledScenario.Run);
        Assert.Equal(report.Other["posted"], report.Other["completed"]);
        Assert.Equal(s_settings.QueuePairs, report.Errors[nameof(WorkCompletionStatus.RetryExceededError)]);
        Assert.Equal(
            s_settings.QueuePairs * LoadMemory.Receives, report.Errors[nameof(WorkCompletionStatus.WorkRequestFlushedError)]);
        Assert.Equal(2, report.Errors.Count);
        Assert.InRange(report.Other["operationsWithNextPeer"], s_settings.QueuePairs, long.MaxValue);
    }

    [Fact]
    public void WhatTheKernelThrowsAwayComesOnceMore()
    {
        var report = Run(OverrunScenario.Run);
        Assert.Empty(report.Errors);
        Assert.InRange(report.KernelDrops, 1, long.MaxValue);
    }

    [SkippableFact]
    public void ACutCableIsSurvivedOrEndsEveryWorkRequest()
    {
        var report = Run(CutScenario.Run);
        Assert.Equal(2 * s_settings.QueuePairs, report.Other["failedQueuePairs"]);
        Assert.Equal(2 * s_settings.QueuePairs, report.Errors[nameof(WorkCompletionStatus.RetryExceededError)]);
    }

    [Fact]
    public void APeerWithoutProcessorTimeIsWaitedFor()
    {
        var report = Run(StarvedScenario.Run);
        Assert.Empty(report.Errors);
        Assert.InRange(report.Retransmissions, 1, long.MaxValue);
    }

    [Fact]
    public void AStrangerWithForgedPacketsHarmsNobody()
    {
        var report = Run(HostileScenario.Run);
        Assert.Empty(report.Errors);
        // His packets are good enough to break what was connected to him.
        Assert.InRange(report.Other["acquaintancesBroken"], 1, HostileScenario.Acquaintances);
    }

    private LoadReport Run(Func<LoadSettings, LoadReport> scenario)
    {
        var report = scenario(s_settings);
        output.WriteLine(report.ToString());
        Assert.Equal(0, report.DataLost);
        Assert.Equal(0, report.Stuck);
        Assert.Equal(0, report.BrokenGuards);
        Assert.NotEqual(0, report.Operations);
        return report;
    }
}

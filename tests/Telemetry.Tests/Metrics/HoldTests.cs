using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.TelemetryTests.Metrics.Kit;
using RdmaPipeline.Verbs;
using A = RdmaPipeline.Telemetry.AttributeNames;
using M = RdmaPipeline.Telemetry.MetricNames;

namespace RdmaPipeline.TelemetryTests.Metrics;

/// <summary>What is under way, and what keeps a requester from sending: window, credits, fence.</summary>
public sealed class HoldTests
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    // R-REQ-4: 512 KiB is 128 packets of 4 KiB.
    [Fact]
    public void AFullWindowIsSeenWhileItIsFullAndInTheTimeLost()
    {
        using var scene = new MetricScene();
        var rule = scene.Fabric.Faults.When(p => p.From(scene.B.Host)).Drop();
        scene.A.Post(SendOpcode.RdmaWrite, 1 << 20, scene.B);
        scene.Fabric.Advance(Pause);
        scene.Collect();
        var a = scene.A.Metrics;
        Assert.Equal((128, 128), (a.Sum(M.InflightPackets, (A.Transport, "rc")), a.Sum(M.WindowLimit, (A.Transport, "rc"))));
        Assert.Equal(1 << 20, a.Sum(M.InflightSize));
        // A hold that runs counts up to now.
        double lost = Blocked(scene, "window");
        Assert.InRange(lost, Pause.TotalSeconds * 0.9, Pause.TotalSeconds);
        scene.Fabric.Advance(Pause);
        scene.Collect();
        Assert.Equal(lost + Pause.TotalSeconds, Blocked(scene, "window"), 1e-6);
        rule.Remove();
        scene.Finish(1);
        double all = Blocked(scene, "window");
        scene.Fabric.Advance(Pause);
        scene.Collect();
        Assert.Equal((all, 0, 0), (Blocked(scene, "window"), a.Sum(M.InflightPackets), a.Sum(M.InflightSize)));
        Assert.Equal(0, Blocked(scene, "credit") + Blocked(scene, "fence") + Blocked(scene, "rnr_timer"));
    }

    // R-REQ-17: one message beyond the credits goes, the others wait.
    [Fact]
    public void CreditsThatAreUsedUpAreTimeLost()
    {
        using var scene = new MetricScene();
        scene.B.Receive(8);
        scene.Run(SendOpcode.Send, 8);
        var rule = scene.Fabric.Faults.When(p => p.From(scene.B.Host)).Drop();
        for (int i = 0; i < 3; i++)
            scene.A.Post(SendOpcode.Send, 8, scene.B);
        scene.Fabric.Advance(Pause);
        scene.Collect();
        Assert.InRange(Blocked(scene, "credit"), Pause.TotalSeconds * 0.9, Pause.TotalSeconds);
        for (int i = 0; i < 3; i++)
            scene.B.Receive(8);
        rule.Remove();
        scene.Finish(4);
        Assert.Equal(4, scene.A.Metrics.Sum(M.Completions, (A.OperationName, "send"), (A.CompletionSide, "send")));
    }

    // R-REQ-29.
    [Fact]
    public void AFenceIsTimeLost()
    {
        using var scene = new MetricScene();
        var rule = scene.Fabric.Faults.When(p => p.Opcode(Opcode.RcReadResponseOnly)).Drop();
        scene.A.Post(SendOpcode.RdmaRead, 8, scene.B);
        scene.A.Post(SendOpcode.RdmaWrite, 8, scene.B, flags: SendFlags.Fence);
        scene.Fabric.Advance(Pause);
        scene.Collect();
        Assert.InRange(Blocked(scene, "fence"), Pause.TotalSeconds * 0.9, Pause.TotalSeconds);
        rule.Remove();
        scene.Finish(2);
        Assert.True(Blocked(scene, "fence") > Pause.TotalSeconds);
    }

    // A queue pair that goes to ERR, or away, is held up no longer; what it lost stays.
    [Fact]
    public void TimeLostIsKeptWhenTheQueuePairIsNot()
    {
        using var scene = new MetricScene();
        scene.Fabric.Faults.When(p => p.From(scene.B.Host)).Drop();
        scene.A.Post(SendOpcode.RdmaWrite, 1 << 20, scene.B);
        scene.Fabric.Advance(Pause);
        scene.A.QueuePair.Modify(new QueuePairAttributes { State = QueuePairState.Error });
        scene.Collect();
        double lost = Blocked(scene, "window");
        Assert.InRange(lost, Pause.TotalSeconds * 0.9, Pause.TotalSeconds);
        scene.Fabric.Advance(Pause);
        scene.A.QueuePair.Dispose();
        scene.Collect();
        Assert.Equal((lost, 0), (Blocked(scene, "window"), scene.A.Metrics.Sum(M.InflightSize)));
    }

    private static double Blocked(MetricScene scene, string reason) =>
        scene.A.Metrics.Sum(M.StageBlockedTime, (A.StageName, "requester"), (A.BlockedReason, reason));
}

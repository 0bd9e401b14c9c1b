using RdmaPipeline.Telemetry;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>What befalls a host: pauses, slowness, errors.</summary>
public sealed class HostTests
{
    [Fact]
    public void APausedHostDoesNothingAndGoesOnWhereItWas()
    {
        using var scene = new FabricScene(connect: FabricScene.Options with { Timeout = 16, RetryCount = 7 });
        scene.HostB.Pause();
        scene.A.Write(scene.B, 1000);
        scene.Fabric.Advance(TimeSpan.FromMilliseconds(700));
        Assert.Equal(0, scene.HostB.Pipeline.BackendCounters.Sent.Packets);
        Assert.InRange(scene.Link.From(scene.HostA).Arrived, 2, 8);
        Assert.Throws<InvalidOperationException>(() => scene.B.QueuePair.Query());
        scene.HostB.Resume();
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        Assert.Equal(WorkCompletionStatus.Success, scene.A.Completions[0].Status);
        Assert.Equal(-1, PatternGenerator.FindMismatch(scene.B.Memory.AsSpan(0, 1000), seed: 1));
    }

    // Its own timers stand still too: what had been waited for before the pause is not over at once behind it.
    [Fact]
    public void APausedSenderDoesNotTryAgain()
    {
        using var scene = new FabricScene();
        scene.Link.From(scene.HostA).Options = new LinkOptions { Loss = 1 };
        scene.A.Write(scene.B, 1000);
        scene.Fabric.RunUntil(() => scene.Link.From(scene.HostA).Entered == 1);
        scene.HostA.Pause();
        scene.Fabric.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, scene.Link.From(scene.HostA).Entered);
        scene.Link.Set(LinkOptions.Perfect);
        scene.HostA.Resume();
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        Assert.Equal(WorkCompletionStatus.Success, scene.A.Completions[0].Status);
    }

    [Fact]
    public void ASlowReceiverLosesWhatItsRingCannotHold()
    {
        using var scene = new FabricScene(host: new FabricHostOptions { ReceiveRing = 4 });
        scene.HostB.SlowReceiver(TimeSpan.FromMicroseconds(20));
        scene.WriteAll(60_000);
        Assert.InRange(scene.HostB.Dropped(DropReason.QueueFull), 1, long.MaxValue);
        Assert.Equal(scene.HostB.Dropped(DropReason.QueueFull), scene.Lines(FabricEvent.Lost).Count(e => e.Reason == DropReason.QueueFull));
        long lost = scene.HostB.Dropped(DropReason.QueueFull);
        scene.HostB.SlowReceiver(TimeSpan.Zero);
        scene.Link.Set(new LinkOptions { BitsPerSecond = 1e9 });
        scene.WriteAll(60_000);
        Assert.Equal(lost, scene.HostB.Dropped(DropReason.QueueFull));
    }

    [Fact]
    public void ASlowReceiverTakesPacketsAtItsPace()
    {
        using var scene = new FabricScene();
        scene.HostB.SlowReceiver(TimeSpan.FromMilliseconds(1));
        scene.WriteAll(10 * 4096);
        Assert.InRange(scene.Fabric.Now, TimeSpan.FromMilliseconds(9), TimeSpan.FromSeconds(1));
        Assert.Empty(scene.Lines(FabricEvent.Lost));
    }

    [Fact]
    public void APortThatIsDownNeitherSendsNorReceives()
    {
        using var scene = new FabricScene();
        scene.HostB.PortDown();
        Assert.Equal(PortState.Down, scene.HostB.Device.QueryPort(1).State);
        Assert.Equal(PortState.Active, scene.HostA.Device.QueryPort(1).State);
        scene.A.Write(scene.B, 100);
        scene.B.Write(scene.A, 100);
        scene.Fabric.Advance(TimeSpan.FromMilliseconds(100));
        Assert.All(scene.Lines(FabricEvent.Lost), entry => Assert.Equal((DropReason.NoRoute, scene.HostB), (entry.Reason, entry.Node)));
        Assert.InRange(scene.Lines(FabricEvent.Lost).Count(), 2, 8);
        scene.HostB.PortUp();
        scene.Fabric.RunUntil(() => scene.A.Has(1) & scene.B.Has(1));
        Assert.All(scene.A.Completions.Concat(scene.B.Completions), c => Assert.Equal(WorkCompletionStatus.Success, c.Status));
    }

    [Fact]
    public void ABrokenQueuePairFlushesAndTellsAndItsPeerFindsOut()
    {
        using var scene = new FabricScene(new LinkOptions { Latency = TimeSpan.FromMilliseconds(5) });
        scene.B.Receive(100, 7);
        scene.A.Write(scene.B, 100, 1);
        scene.A.Write(scene.B, 100, 2);
        scene.Fabric.Advance(TimeSpan.FromMilliseconds(1));
        scene.HostA.QueuePairError(scene.A.QueuePair);
        Assert.Equal(QueuePairState.Error, scene.A.QueuePair.State);
        scene.Fabric.RunUntil(() => scene.A.Has(2));
        Assert.Equal(
            [WorkCompletionStatus.FatalError, WorkCompletionStatus.WorkRequestFlushedError],
            scene.A.Completions.Select(c => c.Status));
        var fatal = Assert.Single(Events(scene.HostA), e => e.Type == AsyncEventType.QueuePairFatal);
        Assert.Equal(scene.A.QueuePair, fatal.QueuePair);
        scene.B.Write(scene.A, 100, 3);
        scene.Fabric.RunUntil(() => scene.B.Has(2));
        Assert.Equal(WorkCompletionStatus.RetryExceededError, scene.B.Completions.Single(c => c.WorkRequestId == 3).Status);
        Assert.Throws<ArgumentException>(() => scene.HostA.QueuePairError(scene.B.QueuePair));
    }

    [Fact]
    public void BrokenMemoryFailsWhoeverUsesIt()
    {
        using var scene = new FabricScene();
        scene.HostB.MemoryError(scene.B.Memory);
        scene.A.Write(scene.B, 100);
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        Assert.Equal(WorkCompletionStatus.RemoteAccessError, scene.A.Completions[0].Status);
        var (left, right) = Endpoint.Connect(scene.HostA, scene.HostB, FabricScene.Options);
        left.Receive(100);
        scene.HostB.MemoryError(right.Memory);
        right.Send(100);
        scene.Fabric.RunUntil(() => right.Has(1));
        Assert.Equal(WorkCompletionStatus.LocalProtectionError, right.Completions[0].Status);
        right.Memory.Dispose();
        Assert.False(right.Memory.IsValid);
    }

    [Fact]
    public void ABrokenDeviceFailsEveryQueuePairAndCanBeClosed()
    {
        using var scene = new FabricScene();
        var (left, right) = Endpoint.Connect(scene.HostA, scene.HostB, FabricScene.Options);
        right.Receive(100);
        scene.A.Write(scene.B, 100);
        scene.HostA.DeviceError();
        scene.Fabric.RunUntil(() => scene.A.Has(1));
        Assert.Equal(WorkCompletionStatus.FatalError, scene.A.Completions[0].Status);
        Assert.Contains(Events(scene.HostA), e => e.Type == AsyncEventType.DeviceFatal);
        Assert.Equal(QueuePairState.Error, left.QueuePair.State);
    }

    [Fact]
    public void ADeviceThatModeratesItsReceivesLooksWhenItsTimeHasCome()
    {
        var options = new FabricHostOptions
        {
            Preset = PipelinePreset.Staged, Device = new DeviceOptions { ReceiveModeration = TimeSpan.FromMicroseconds(60) },
        };
        using var scene = new FabricScene(host: options);
        scene.WriteAll(60_000);
        scene.WriteAll(100);
        Assert.InRange(scene.Fabric.Now, TimeSpan.FromMicroseconds(120), TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public void AClosedDeviceReceivesNothingAndTheOthersGoOn()
    {
        using var scene = new FabricScene();
        var third = scene.Fabric.AddHost("c");
        scene.Fabric.Connect(third, scene.HostA);
        var (left, right) = Endpoint.Connect(scene.HostA, third, FabricScene.Options);
        scene.A.Write(scene.B, 60_000);
        scene.HostB.Device.Dispose();
        left.Write(right, 100);
        scene.Fabric.RunUntil(() => scene.A.Has(1) & left.Has(1));
        scene.Fabric.RunUntilQuiet();
        Assert.Equal(WorkCompletionStatus.RetryExceededError, scene.A.Completions[0].Status);
        Assert.Equal(WorkCompletionStatus.Success, left.Completions[0].Status);
        Assert.Equal(PortState.Active, scene.HostA.Device.QueryPort(1).State);
    }

    // The wait for the device lets time pass in small pieces and in jumps: no timer may be passed over between the two.
    [Fact]
    public void ACallThatWaitsLetsTimePassAndServesEveryTimer()
    {
        var waited = TimeSpan.Zero;
        for (ulong seed = 1; seed <= 40; seed++)
        {
            var hasty = FabricScene.Options with { Timeout = 1, RetryCount = 7 };
            // Short edges: what waits in front of the slow link still points into the memory.
            var narrow = new FabricHostOptions { Device = new DeviceOptions { EdgeCapacity = 1, PacketsPerTurn = 4 } };
            using var scene = new FabricScene(new LinkOptions { BitsPerSecond = 1e8 }, seed, host: narrow, connect: hasty);
            for (int i = 0; i < 8; i++)
                scene.A.Write(scene.B, 60_000);
            scene.Fabric.Advance(TimeSpan.FromMilliseconds(1));
            scene.A.Memory.Dispose();
            waited += scene.Fabric.Now - TimeSpan.FromMilliseconds(1);
        }

        Assert.InRange(waited, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10));
    }

    private static List<AsyncEvent> Events(FabricHost host)
    {
        var events = new List<AsyncEvent>();
        while (host.Device.AsyncEvents.TryRead(out var happened))
            events.Add(happened);
        return events;
    }
}

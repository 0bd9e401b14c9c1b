using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>Programs as people write them, that await or poll in a circle, run in virtual time and repeat with the seed.</summary>
public sealed class ProgramTests
{
    private const int Rounds = 50;

    [Fact]
    public void ProgramsThatAwaitRunInVirtualTimeAndRepeat()
    {
        var (once, again, other) = (PingPong(3), PingPong(3), PingPong(4));
        Assert.Equal(once, again);
        Assert.NotEqual(once.Hash, other.Hash);
        // A tenth of the packets is lost and costs 67 ms.
        Assert.InRange(once.Time, TimeSpan.FromMilliseconds(67), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void TimersAndChannelsComeInVirtualTime()
    {
        using var scene = new FabricScene();
        var device = scene.HostB.Device;
        var channel = device.CreateCompletionChannel();
        var queue = device.CreateCompletionQueue(16, channel);
        var times = new List<TimeSpan>();
        scene.Fabric.RunPrograms(
            TimeSpan.FromHours(2),
            async () =>
            {
                using var clock = new PeriodicTimer(TimeSpan.FromHours(1), scene.Fabric.Time);
                await clock.WaitForNextTickAsync();
                times.Add(scene.Fabric.Now);
                var pair = scene.B.Domain.CreateQueuePair(new() { SendCompletionQueue = queue, ReceiveCompletionQueue = queue });
                queue.RequestNotification(NotificationKind.Next);
                pair.Initialize();
                pair.PostReceive(new ReceiveWorkRequest { WorkRequestId = 9 });
                pair.Modify(new QueuePairAttributes { State = QueuePairState.Error });
            },
            async () =>
            {
                Assert.Same(queue, await channel.GetEventAsync());
                times.Add(scene.Fabric.Now);
            },
            async () =>
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(30), scene.Fabric.Time);
                await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await scene.A.Queue.WaitAsync(patience.Token));
                times.Add(scene.Fabric.Now);
            },
            async () =>
            {
                scene.HostA.PortDown();
                while ((await device.AsyncEvents.ReadAsync()).Type != AsyncEventType.PortError)
                {
                }
            },
            () => scene.Fabric.Start(() =>
            {
                scene.Fabric.Schedule(TimeSpan.FromMinutes(40), scene.HostB.PortDown);
                return Task.CompletedTask;
            }));
        Assert.Equal([30, 60, 60], times.Select(time => (int)time.TotalMinutes));
    }

    [Fact]
    public void AProgramThatFailsIsToldWithItsException()
    {
        using var scene = new FabricScene();
        var failure = Assert.Throws<RdmaFabricException>(() => scene.Fabric.RunPrograms(
            async () =>
            {
                await Task.Yield();
                throw new InvalidDataException("no good");
            },
            async () => await scene.A.Queue.WaitAsync()));
        Assert.IsType<InvalidDataException>(failure.InnerException);
        File.Delete(failure.CapturePath!);
    }

    [Fact]
    public void AProgramThatWaitsForWhatCannotComeFails()
    {
        using var scene = new FabricScene();
        var program = scene.Fabric.Start(async () => await scene.A.Queue.WaitAsync());
        var failure = Assert.Throws<RdmaFabricException>(() => scene.Fabric.RunUntil(program));
        Assert.Contains("nothing will ever happen again", failure.Message, StringComparison.Ordinal);
        File.Delete(failure.CapturePath!);
    }

    // As simple programs do. Time passes while it polls: the lost packet is sent again after 67 ms.
    [Fact]
    public void AProgramThatPollsInACircleGetsItsCompletion()
    {
        using var scene = new FabricScene();
        scene.Fabric.Faults.When(p => p.Requests().First(1)).Drop();
        scene.A.Write(scene.B, 100);
        while (!scene.A.Has(1))
        {
        }

        Assert.Equal(WorkCompletionStatus.Success, scene.A.Completions[0].Status);
        Assert.InRange(scene.Fabric.Now, TimeSpan.FromMilliseconds(67), TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public void AProgramThatPollsForWhatCannotComeEnds()
    {
        using var scene = new FabricScene();
        var failure = Assert.Throws<RdmaFabricException>(() =>
        {
            while (!scene.A.Has(1))
            {
            }
        });
        Assert.Contains("nothing will ever happen again", failure.Message, StringComparison.Ordinal);
        File.Delete(failure.CapturePath!);
    }

    private static (ulong Hash, long Steps, TimeSpan Time) PingPong(ulong seed)
    {
        using var scene = new FabricScene(new LinkOptions { Loss = 0.1 }, seed);
        scene.Fabric.RunPrograms(() => Play(scene.A, serves: true), () => Play(scene.B, serves: false));
        Assert.Equal(2 * Rounds, scene.A.Completions.Count + scene.A.Queue.Count);
        return (scene.Fabric.Log.Hash, scene.Fabric.Steps, scene.Fabric.Now);
    }

    private static async Task Play(Endpoint end, bool serves)
    {
        var done = new WorkCompletion[4];
        for (int i = 0; i < Rounds; i++)
            end.Receive(64);
        var (sent, received) = (0, 0);
        while (received < Rounds || sent < Rounds || end.Completions.Count < 2 * Rounds)
        {
            if (sent < Rounds && (serves ? sent == received : sent < received))
            {
                end.Send(64);
                sent++;
            }

            int count = await end.Queue.PollAsync(done);
            foreach (var completion in done.AsSpan(0, count))
            {
                Assert.Equal(WorkCompletionStatus.Success, completion.Status);
                received += completion.Opcode == WorkCompletionOpcode.Receive ? 1 : 0;
                end.Completions.Add(completion);
            }
        }
    }
}

using RdmaPipeline.Graph.Scheduling;

namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>A driven shard with traffic, timers and users; counts what was served and lets a test wait for it.</summary>
internal sealed class DriverScene : IDisposable
{
    private readonly ShardScheduler _scheduler = new("stress");
    private readonly TaskCompletionSource<Exception> _fault = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _progress = new(0);
    private long _served;

    public DriverScene(ShardDriverKind kind) => Driver = ShardDriver.Start(kind, _scheduler, Traffic, e => _fault.TrySetResult(e));

    public ThreadedDriver Background => (ThreadedDriver)Driver;

    public FakeTraffic Traffic { get; } = new();

    public ShardDriver Driver { get; }

    public long Served => Volatile.Read(ref _served);

    public Task<Exception> Fault => _fault.Task;

    /// <summary>A user's random life.</summary>
    /// <returns>How much he left to be served.</returns>
    public long Play(ulong seed, int steps)
    {
        var random = new SplitMix(seed);
        long caused = 0;
        for (int i = 0; i < steps; i++)
        {
            caused += Act(ref random);
        }

        return caused;
    }

    public void Post() => new ShardTurn(_scheduler, Serve).Request();

    public void Arrive() => Traffic.Arrive(Serve);

    public void ArmOnShard(long after) => new ShardTurn(_scheduler, () =>
    {
        Serve();
        Traffic.Arm(after, Serve);
    }).Request();

    public void ArmNow(long after) => Traffic.Arm(after, Serve);

    public async Task WaitFor(long served)
    {
        while (Served < served)
        {
            await _progress.WaitAsync();
        }

        Assert.Equal(served, Served);
    }

    public void Dispose()
    {
        Driver.Dispose();
        Traffic.Dispose();
        _progress.Dispose();
    }

    private int Act(ref SplitMix random)
    {
        switch (random.Below(8))
        {
            case 0 or 1:
                Post();
                return 1;
            case 2:
                Arrive();
                return 1;
            case 3:
                ArmOnShard(random.Below(300_000));
                return 2;
            case 4:
                Driver.Handover();
                return 0;
            case 5:
                Thread.SpinWait(random.Below(2000));
                return 0;
            default:
                for (int n = random.Below(20); n >= 0; n--)
                {
                    Driver.Drive();
                }

                return 0;
        }
    }

    private void Serve()
    {
        Assert.True(_scheduler.IsShardThread);
        Volatile.Write(ref _served, _served + 1); // on the shard only: a lost update here would be a broken seat
        _progress.Release();
    }
}

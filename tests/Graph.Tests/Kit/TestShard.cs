namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>A shard with a driver of its own.</summary>
public sealed class TestShard : IDisposable
{
    private readonly EventWork _work = new();
    private readonly ShardDriver _driver;

    public TestShard(ShardDriverKind kind = ShardDriverKind.Dedicated) =>
        _driver = ShardDriver.Start(kind, Scheduler, _work, _ => { });

    public ShardScheduler Scheduler { get; } = new("test");

    public Task Run(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.None, Scheduler);

    public void Dispose()
    {
        _driver.Dispose();
        _work.Dispose();
    }
}

using RdmaPipeline.Graph.Reshaping;

namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>A graph on a seeded scheduler, with the laws checked after every delegate.</summary>
public sealed class SeededWorld<T> : IDisposable
    where T : class, IBurst
{
    private readonly SeededShards _shards;

    public SeededWorld(StageGraphSpec<T> spec, ulong seed, Action<int>? relinked = null)
        : this(spec, seed, stepping: null, relinked)
    {
    }

    internal SeededWorld(StageGraphSpec<T> spec, ulong seed, Action<EditStep>? stepping, Action<int>? relinked = null)
    {
        _shards = new SeededShards(seed) { Stepped = CheckLaws };
        ShardAssignment[] shards = [.. spec.Stages.Select(s => s.Shard).Distinct()
            .Select(n => new ShardAssignment(n, _shards.CreateScheduler($"shard {n}")) { Services = Time })];
        Graph = StageGraph<T>.Build(spec, new StageGraphOptions
        {
            Shards = shards, Faulted = (stage, e) => Faults.Add((stage, e)), Stepping = stepping, Relinked = relinked,
        });
    }

    public StageGraph<T> Graph { get; }

    public SeededShards Shards => _shards;

    public TestServices Time { get; } = new();

    public List<(string Stage, Exception Exception)> Faults { get; } = [];

    public void Run() => Assert.True(_shards.RunUntilIdle(2_000_000), "The graph did not come to rest.");

    public void Step(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            _shards.Step();
        }
    }

    /// <summary>Changes the graph: the world takes its steps until that has ended.</summary>
    public async Task<GraphRevision> Reconfigure(
        Func<StageGraphSpec<T>, StageGraphSpec<T>> edit, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        await Await(Graph.ReconfigureAsync(edit, timeout, cancellationToken));

    /// <summary>Takes steps until a task has ended that the world works on.</summary>
    public async Task<TResult> Await<TResult>(Task<TResult> task)
    {
        while (!task.IsCompleted)
        {
            if (!_shards.Step())
            {
                await Task.Yield(); // the end of a change is told on another thread
            }
        }

        return await task;
    }

    public void Dispose() => Graph.Dispose();

    private void CheckLaws() => Assert.Empty(GraphLaws.Check(Graph));
}

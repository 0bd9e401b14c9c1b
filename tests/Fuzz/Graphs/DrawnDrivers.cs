using System.Collections.Immutable;
using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Graph;
using RdmaPipeline.Graph.Reshaping;

namespace RdmaPipeline.FuzzTests.Graphs;

/// <summary>The owner of the graph, who is asked for other drivers: some come late, some never. Nor can he take every step.</summary>
internal sealed class DrawnDrivers
{
    private TaskCompletionSource? _late;
    private ImmutableSortedDictionary<int, ShardDriverKind> _now = ImmutableSortedDictionary<int, ShardDriverKind>.Empty;
    private EditStep? _failing;
    private int _failures;
    private bool _isSlow;

    /// <summary>Somebody waits for a driver.</summary>
    public bool IsLate => _late is not null;

    /// <summary>One has failed; nobody can say which driver a shard has.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>What has failed so far.</summary>
    public int Failed { get; private set; }

    public void Begin(ImmutableSortedDictionary<int, ShardDriverKind> drivers) =>
        (_now, _late, _failures, _isSlow, _failing, HasFailed) = (drivers, null, 0, false, null, false);

    /// <summary>How it goes with the next.</summary>
    /// <param name="failures">So many fail.</param>
    /// <param name="isSlow">It comes when <see cref="Come"/> says so.</param>
    /// <param name="failing">A step of a change that fails, once.</param>
    public void Set(int failures, bool isSlow, EditStep? failing) => (_failures, _isSlow, _failing) = (failures, isSlow, failing);

    /// <summary>A step of a change is taken.</summary>
    public void Step(EditStep step)
    {
        if (step != _failing) return;
        _failing = null;
        Failed++;
        throw new DrawnFailureException($"step {step}");
    }

    /// <summary>Who is late comes now.</summary>
    public void Come()
    {
        var late = _late;
        _late = null;
        late?.SetResult();
    }

    public Task ChangeAsync(int shard, ShardDriverKind kind)
    {
        if (_failures != 0)
        {
            _failures--;
            Failed++;
            HasFailed = true;
            throw new DrawnFailureException($"driver of shard {shard}");
        }

        _now = _now.SetItem(shard, kind);
        if (!_isSlow) return Task.CompletedTask;
        _isSlow = false;
        _late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _late.Task;
    }

    public void Check(StageGraphSpec<Graph.Tests.Kit.TestBurst> spec)
    {
        if (!HasFailed && !spec.Drivers.SequenceEqual(_now)) throw new FuzzFailureException("the shards have not the drivers of the graph");
    }
}

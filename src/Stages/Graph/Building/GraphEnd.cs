using System.Threading.Tasks.Dataflow;

namespace RdmaPipeline.Graph.Building;

/// <summary>
/// How a graph ends. A block completes when everything that leads to it, by data or by doorbell, has: inputs are counted here, because
/// a link that propagated completion would end a stage with two inputs at the first. The first fault faults every block.
/// </summary>
internal sealed class GraphEnd(Action<string, Exception>? faulted)
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, IDataflowBlock> _running = [];
    private readonly Dictionary<string, int> _inputs = [];
    private ILookup<string, string> _next = Array.Empty<(string From, string To)>().ToLookup(e => e.From, e => e.To);
    private Exception? _fault;
    private bool _completing;

    public Task Completion => _completion.Task;

    public StageGraphState State
    {
        get
        {
            lock (_lock)
            {
                return _fault is not null ? StageGraphState.Faulted
                    : _completion.Task.IsCompleted ? StageGraphState.Completed
                    : _completing ? StageGraphState.Completing
                    : StageGraphState.Running;
            }
        }
    }

    /// <summary>Watches the blocks of a graph whose dependencies are given, each once.</summary>
    public void Watch(Dictionary<string, IDataflowBlock> blocks, IReadOnlyCollection<(string From, string To)> dependencies)
    {
        _next = dependencies.ToLookup(d => d.From, d => d.To);
        foreach ((string name, IDataflowBlock block) in blocks)
        {
            _running[name] = block;
            _inputs[name] = dependencies.Count(d => d.To == name);
        }
    }

    public void Complete()
    {
        IDataflowBlock[] sources;
        lock (_lock)
        {
            if (_completing || _fault is not null)
            {
                return;
            }

            _completing = true;
            sources = [.. _running.Where(b => _inputs[b.Key] == 0).Select(b => b.Value)];
        }

        Array.ForEach(sources, s => s.Complete());
    }

    public void Fault(Exception exception) => Fault(stage: null, exception);

    public void BlockCompleted(string name)
    {
        IDataflowBlock[] ready;
        lock (_lock)
        {
            _running.Remove(name);
            foreach (string next in _next[name])
            {
                _inputs[next]--;
            }

            ready = _completing ? [.. _next[name].Where(n => _inputs[n] == 0 && _running.ContainsKey(n)).Select(n => _running[n])] : [];
        }

        Array.ForEach(ready, b => b.Complete());
        EndWhenAllHave();
    }

    public void BlockFaulted(string name, string stage, Exception exception)
    {
        lock (_lock)
        {
            _running.Remove(name);
        }

        Fault(stage, exception);
        EndWhenAllHave();
    }

    private void Fault(string? stage, Exception exception)
    {
        IDataflowBlock[] others;
        lock (_lock)
        {
            if (_fault is not null || _completion.Task.IsCompleted)
            {
                return;
            }

            _fault = exception;
            others = [.. _running.Values];
        }

        Array.ForEach(others, b => b.Fault(exception));
        if (stage is not null)
        {
            faulted?.Invoke(stage, exception);
        }
    }

    private void EndWhenAllHave()
    {
        lock (_lock)
        {
            if (_running.Count != 0)
            {
                return;
            }
        }

        if (_fault is null)
        {
            _completion.TrySetResult();
        }
        else
        {
            _completion.TrySetException(_fault);
            _ = _completion.Task.Exception; // observed: the owner was told through the callback
        }
    }
}

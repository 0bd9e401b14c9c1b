using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Graph.Reshaping;

namespace RdmaPipeline.Graph.Building;

/// <summary>
/// How a graph ends. A block completes when everything that leads to it, by data or by doorbell, has: inputs are counted here, because
/// a link that propagated completion would end a stage with two inputs at the first. The first fault faults every block. A change of the
/// graph that is under way is told to stop, and the graph ends when it has.
/// </summary>
#pragma warning disable CA1001 // a token source without a timer has nothing to give back, and changes ask for its token after the end
internal sealed class GraphEnd(Action<string, Exception>? faulted)
#pragma warning restore CA1001
{
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly HashSet<IGraphBlock> _watched = [];
    private readonly Dictionary<string, IGraphBlock> _running = [];
    private readonly Dictionary<string, int> _inputs = [];
    private ILookup<string, string> _next = Array.Empty<(string From, string To)>().ToLookup(e => e.From, e => e.To);
    private Exception? _fault;
    private bool _completing;
    private bool _isEdited;

    public Task Completion => _completion.Task;

    /// <summary>Cancelled when the graph begins to end.</summary>
    public CancellationToken Ending => _ending.Token;

    /// <summary>What has faulted the graph.</summary>
    public Exception? Exception => Volatile.Read(ref _fault);

    /// <summary>The stage that has thrown it; null where it was none of them.</summary>
    public string? FaultedIn { get; private set; }

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

    /// <summary>Watches the blocks of a graph with these dependencies, each once, instead of what it has watched before.</summary>
    public void Watch(Dictionary<string, IGraphBlock> blocks, IReadOnlyCollection<(string From, string To)> dependencies)
    {
        var added = new List<IGraphBlock>();
        lock (_lock)
        {
            foreach ((string name, IGraphBlock block) in blocks)
            {
                // One that comes back and has ended meanwhile, which only a fault can have done, will not say so again.
                if (_watched.Add(block) && !block.Completion.IsCompleted)
                {
                    _running[name] = block;
                    added.Add(block);
                }
            }

            foreach (IGraphBlock gone in _watched.Except(blocks.Values).ToArray())
            {
                _watched.Remove(gone);
                if (_running.TryGetValue(gone.Name, out IGraphBlock? running) && running == gone)
                {
                    _running.Remove(gone.Name);
                }
            }

            _next = dependencies.ToLookup(d => d.From, d => d.To);
            _inputs.Clear();
            foreach (string name in blocks.Keys)
            {
                _inputs[name] = dependencies.Count(d => d.To == name);
            }
        }

        if (Exception is { } fault)
        {
            added.ForEach(b => b.Fault(fault));
        }
    }

    /// <summary>A change of the graph begins: only one at a time, and only while the graph runs.</summary>
    public bool TryBeginEdit()
    {
        lock (_lock)
        {
            return _isEdited = !_completing && _fault is null;
        }
    }

    /// <summary>The change is over; a graph that was told to end meanwhile ends now.</summary>
    public void EndEdit()
    {
        bool completes;
        lock (_lock)
        {
            _isEdited = false;
            completes = _completing && _fault is null;
        }

        if (completes)
        {
            CompleteSources();
        }

        EndWhenAllHave();
    }

    public void Complete()
    {
        bool now;
        lock (_lock)
        {
            if (_completing || _fault is not null)
            {
                return;
            }

            _completing = true;
            now = !_isEdited;
        }

        _ending.Cancel();
        if (now)
        {
            CompleteSources();
        }
    }

    public void Fault(Exception exception) => Fault(stage: null, exception);

    /// <summary>Faults every block.</summary>
    /// <param name="stage">The stage whose fault it is; null for nobody's, and then the graph's owner is not told.</param>
    /// <param name="exception">What has happened.</param>
    public void Fault(string? stage, Exception exception)
    {
        IDataflowBlock[] others;
        lock (_lock)
        {
            if (_fault is not null || _completion.Task.IsCompleted)
            {
                return;
            }

            FaultedIn = stage;
            Volatile.Write(ref _fault, exception); // last: who sees it sees the stage
            others = [.. _running.Values];
        }

        Array.ForEach(others, b => b.Fault(exception));
        if (stage is not null)
        {
            faulted?.Invoke(stage, exception);
        }

        _ending.Cancel();
    }

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

#if CANARY_NEVER_ENDS
            ready = _completing ? [.. _next[name].Where(n => _inputs[n] < 0 && _running.ContainsKey(n)).Select(n => _running[n])] : [];
#else
            ready = _completing ? [.. _next[name].Where(n => _inputs[n] == 0 && _running.ContainsKey(n)).Select(n => _running[n])] : [];
#endif
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

    private void CompleteSources()
    {
        IGraphBlock[] sources;
        lock (_lock)
        {
            sources = [.. _running.Where(b => _inputs[b.Key] == 0).Select(b => b.Value)];
        }

        Array.ForEach(sources, s => s.Complete());
    }

    private void EndWhenAllHave()
    {
        lock (_lock)
        {
            if (_running.Count != 0 || _isEdited)
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

using RdmaPipeline.Graph.Blocks;
using RdmaPipeline.Graph.Reshaping;

namespace RdmaPipeline.Graph;

/// <content>What a change of the graph asks of the block.</content>
public sealed partial class StageBlock<T>
{
    private DrainWatch? _watch;
    private bool _isResting;

    /// <inheritdoc/>
    bool IGraphBlock.IsEmpty => !_input.HasBursts && !IsBlocked;

    internal override IGraphBlock Block => this;

    private bool MayPump => _pumpDue && !_isResting;

    private bool MustGiveOut => (GivesOut || _input.IsFinished) && Held.Bursts != 0;

    /// <inheritdoc/>
    void IGraphBlock.Rest() => _isResting = true;

    /// <inheritdoc/>
    void IGraphBlock.GoOn()
    {
        _isResting = false;
        GivesOut = false;
        RequestTurn();
    }

    /// <inheritdoc/>
    void IGraphBlock.Watch(DrainWatch? watch)
    {
        _watch = watch;
        RequestTurn();
    }

    /// <inheritdoc/>
    void IGraphBlock.Retire()
    {
        CancelAlarm();
        _input.Decline();
        _completion.TrySetResult();
        foreach (OutputPort<T> port in _ports)
        {
            port.PropagateCompletion();
        }
    }

    /// <summary>On the shard: forgets what a port has offered, which leads elsewhere from now on.</summary>
    internal void Forget(OutputPort<T> port) => _input.Forget(port);

    /// <summary>Any thread: holds so many bursts at most from now on.</summary>
    internal void Resize(int capacity)
    {
        if (_input.Capacity != capacity)
        {
            _input.Capacity = capacity;
            RequestTurn();
        }
    }
}

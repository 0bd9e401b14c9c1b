using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Blocks;

/// <summary>An edge between two blocks.</summary>
internal sealed class BlockEdge<T> : Edge<T>
    where T : class, IBurst
{
    private readonly StageBlock<T> _target;

    public BlockEdge(EdgeSpec spec, OutputPort<T> port, StageBlock<T> target, Edge<T>? previous)
        : base(spec, port.Owner, target, previous)
    {
        Port = port;
        _target = target;
    }

    public OutputPort<T> Port { get; }

    public StageBlock<T> Target => _target;

    public override QueueSize WaitingAtSource => Port.Count();

    /// <summary>
    /// A stash that nobody will ever fetch: not postponed by the target, not held by the gate, and neither end has a turn to come.
    /// </summary>
    public bool IsStranded => !Port.IsEmpty && !Gate.IsClosed && !_target.HasPostponed(Port)
        && !Port.Owner.IsTurnRequested && !_target.IsTurnRequested;

    // What waits at a port belongs to the edge that the port leads to now.
    private protected override QueueSize Count() => Port.Edge == this ? _target.CountQueued(Port) + Port.Count() : default;

    private protected override void Reconnect()
    {
        if (Port.Edge != this)
        {
            Port.Connect(this);
        }
    }

    private protected override void GateChanged() => Port.GateChanged();
}

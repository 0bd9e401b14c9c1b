using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Graph.Blocks;

/// <summary>An edge between two blocks.</summary>
internal sealed class BlockEdge<T> : Edge<T>
    where T : class, IBurst
{
    private readonly StageBlock<T> _target;

    public BlockEdge(EdgeSpec spec, OutputPort<T> port, StageBlock<T> target)
        : base(spec, port.Owner, target)
    {
        Port = port;
        _target = target;
        port.Connect(this);
    }

    public OutputPort<T> Port { get; }

    public override QueueSize WaitingAtSource => Port.Count();

    /// <summary>
    /// A stash that nobody will ever fetch: not postponed by the target, not held by the gate, and neither end has a turn to come.
    /// </summary>
    public bool IsStranded => !Port.IsEmpty && !Gate.IsClosed && !_target.HasPostponed(Port)
        && !Port.Owner.IsTurnRequested && !_target.IsTurnRequested;

    private protected override QueueSize Count() => _target.CountQueued(Port) + Port.Count();

    private protected override void GateChanged() => Port.GateChanged();
}

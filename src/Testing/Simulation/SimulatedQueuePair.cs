using RdmaPipeline.Protocol;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>A queue pair of a <see cref="SimulatedNode"/>: its machine, and the host the machine asks for.</summary>
internal sealed class SimulatedQueuePair : IQueuePairHost
{
    private readonly SimulatedNode _node;

    public SimulatedQueuePair(SimulatedNode node, QueuePairContext context, QueuePairOptions options)
    {
        (_node, Context) = (node, context);
        Machine = QueuePairMachine.Create(context, node.Device.MemoryRegions, this, options);
    }

    public QueuePairContext Context { get; }

    public QueuePairMachine Machine { get; }

    public void Raise(AsyncEventType type) => _node.Device.Raise(type, Context);

    public Gid? FindGid(int port, int index) => _node.QueryGid(port, index)?.Gid;

    public ushort FindPkey(int port, int index) => _node.Provider.QueryPkey(port, index);
}

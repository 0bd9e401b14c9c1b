using RdmaPipeline.Protocol;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// The transport behind the device of a <see cref="SimulatedNode"/>: everything happens when the pair is run, in one thread.
/// </summary>
internal sealed class SimulatedProvider(SimulatedNode node, SplitMix random) : IVerbsProvider
{
    private const uint FirstNumber = 0x11;

    private uint _nextNumber = FirstNumber;

    public DeviceAttributes QueryDevice() => MemoryFeatures.AddTo(new DeviceAttributes { Name = "simulated" });

    public PortAttributes QueryPort(int port) => new()
    {
        State = PortState.Active, PhysicalState = PortPhysicalState.LinkUp, ActiveMtu = PathMtu.Mtu4096, GidTableLength = 1,
    };

    public GidEntry? QueryGid(int port, int index) => node.QueryGid(port, index);

    public ushort QueryPkey(int port, int index) => 0xFFFF;

    public bool Supports(QueuePairType type) =>
        type is QueuePairType.ReliableConnection or QueuePairType.UnreliableConnection or QueuePairType.UnreliableDatagram
            or QueuePairType.XrcInitiator or QueuePairType.XrcTarget;

    public uint NextRandom() => node.InitialPsn ?? (uint)random.Next();

    public void Attach(RdmaDevice device)
    {
    }

    public void RegisterQueuePair(QueuePairContext context)
    {
        context.Number = _nextNumber++;
        node.Add(context);
    }

    public void Modify(QueuePairContext context, QueuePairAttributes attributes) =>
        node.Find(context.Number)!.Machine.Modify(attributes, node.Now);

    public QueuePairAttributes Query(QueuePairContext context) => node.Find(context.Number)!.Machine.Query();

    public void Destroy(QueuePairContext context) => node.Remove(context);

    public void RingSend(QueuePairContext context)
    {
    }

    public void RingReceive(QueuePairContext context) => node.Find(context.Number)!.Machine.ReceivePosted(node.Now);

    public void Quiesce()
    {
    }

    public bool Drive() => false;

    public void AwaitHandover()
    {
    }

    public void Close()
    {
    }
}

using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.ReceiveQueue;

/// <summary>A provider that has no transport: enough to make completion queues for a machine that is driven by hand.</summary>
internal sealed class IdleProvider : IVerbsProvider
{
    public DeviceAttributes QueryDevice() => MemoryFeatures.AddTo(new DeviceAttributes { Name = "idle" });

    public PortAttributes QueryPort(int port) => throw new NotSupportedException();

    public GidEntry? QueryGid(int port, int index) => null;

    public ushort QueryPkey(int port, int index) => 0xFFFF;

    public bool Supports(QueuePairType type) => false;

    public uint NextRandom() => 1;

    public void Attach(RdmaDevice device)
    {
    }

    public void RegisterQueuePair(QueuePairContext context) => throw new NotSupportedException();

    public void Modify(QueuePairContext context, QueuePairAttributes attributes) => throw new NotSupportedException();

    public QueuePairAttributes Query(QueuePairContext context) => throw new NotSupportedException();

    public void Destroy(QueuePairContext context)
    {
    }

    public void RingSend(QueuePairContext context)
    {
    }

    public void RingReceive(QueuePairContext context)
    {
    }

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

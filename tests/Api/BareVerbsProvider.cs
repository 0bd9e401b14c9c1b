using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests;

/// <summary>A provider with nothing but what every provider must have.</summary>
internal sealed class BareVerbsProvider : IVerbsProvider
{
    public DeviceAttributes QueryDevice() => new() { Name = "bare" };

    public PortAttributes QueryPort(int port) => new();

    public GidEntry? QueryGid(int port, int index) => null;

    public ushort QueryPkey(int port, int index) => 0xFFFF;

    public bool Supports(QueuePairType type) => false;

    public uint NextRandom() => 1;

    public void Attach(RdmaDevice device)
    {
    }

    public void RegisterQueuePair(QueuePairContext context)
    {
    }

    public void Modify(QueuePairContext context, QueuePairAttributes attributes)
    {
    }

    public QueuePairAttributes Query(QueuePairContext context) => new();

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

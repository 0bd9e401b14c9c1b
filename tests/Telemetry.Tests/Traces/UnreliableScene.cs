using RdmaPipeline.SimulationTests.Fabric;
using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Traces;

/// <summary>Two hosts on one link with queue pairs of a type, which trace every message.</summary>
internal sealed class UnreliableScene : IDisposable
{
    public const uint QueueKey = 7;

    private readonly AddressHandle? _toB;

    public UnreliableScene(QueuePairType type, FabricHostOptions? host = null, byte trafficClass = 0)
    {
        Fabric = new RdmaTestFabric(new RdmaTestFabricOptions { Seed = 7 });
        HostA = Fabric.AddHost("a", host ?? SendSpanTests.All);
        HostB = Fabric.AddHost("b", host ?? SendSpanTests.All);
        Link = Fabric.Connect(HostA, HostB);
        if (type != QueuePairType.UnreliableDatagram)
        {
            (A, B) = Endpoint.Connect(HostA, HostB, FabricScene.Options with { TrafficClass = trafficClass }, type);
            return;
        }
        (A, B) = (new Endpoint(HostA, type), new Endpoint(HostB, type));
        A.QueuePair.Activate(QueueKey);
        B.QueuePair.Activate(QueueKey);
        _toB = A.Domain.CreateAddressHandle(new AddressVector
        {
            Port = 1, IsGlobal = true, DestinationGid = B.QueuePair.LocalEndpoint.Gid, HopLimit = 64, TrafficClass = trafficClass,
        });
    }

    public RdmaTestFabric Fabric { get; }

    public FabricHost HostA { get; }

    public FabricHost HostB { get; }

    public FabricLink Link { get; }

    public Endpoint A { get; }

    public Endpoint B { get; }

    /// <summary>Sends from A to B; as a datagram where it is one.</summary>
    public void Send(int length, uint queueKey = QueueKey) => A.QueuePair.PostSend(new SendWorkRequest
    {
        Opcode = SendOpcode.Send, Entry = A.Memory.Entry(0, (ulong)length), Address = _toB, RemoteQueuePair = B.QueuePair.Number,
        RemoteQueueKey = queueKey,
    });

    public void Dispose() => Fabric.Dispose();
}

using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>What a test needs of the verbs on a host: a domain, a completion queue, a queue pair, memory.</summary>
internal sealed class Endpoint
{
    public const AccessFlags All = AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead | AccessFlags.RemoteAtomic;

    private readonly WorkCompletion[] _polled = new WorkCompletion[16];

    public Endpoint(FabricHost host, QueuePairType type = QueuePairType.ReliableConnection, int memory = 64 * 1024)
    {
        Host = host;
        Domain = host.Device.CreateProtectionDomain();
        Queue = host.Device.CreateCompletionQueue(1024);
        Memory = Domain.AllocateMemory(memory, All);
        QueuePair = Domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = type, SendCompletionQueue = Queue, ReceiveCompletionQueue = Queue, SignalAll = true,
        });
    }

    public FabricHost Host { get; }

    public ProtectionDomain Domain { get; }

    public CompletionQueue Queue { get; }

    public MemoryRegion Memory { get; }

    public QueuePair QueuePair { get; }

    /// <summary>All that was polled so far.</summary>
    public List<WorkCompletion> Completions { get; } = [];

    public static (Endpoint A, Endpoint B) Connect(FabricHost a, FabricHost b, ConnectOptions? options = null,
        QueuePairType type = QueuePairType.ReliableConnection)
    {
        var (left, right) = (new Endpoint(a, type), new Endpoint(b, type));
        left.QueuePair.ConnectTo(right.QueuePair.LocalEndpoint, options);
        right.QueuePair.ConnectTo(left.QueuePair.LocalEndpoint, options);
        return (left, right);
    }

    /// <summary>Takes what has completed; true when there are so many by now.</summary>
    public bool Has(int completions)
    {
        for (int count; (count = Queue.Poll(_polled)) != 0;)
            Completions.AddRange(_polled[..count]);
        return Completions.Count >= completions;
    }

    public void Write(Endpoint peer, int length, ulong id = 0, ulong offset = 0) => QueuePair.PostSend(new SendWorkRequest
    {
        WorkRequestId = id, Opcode = SendOpcode.RdmaWrite, Entry = Memory.Entry(offset, (ulong)length),
        RemoteAddress = peer.Memory.Address + offset, RemoteKey = peer.Memory.RemoteKey,
    });

    public void Send(int length, ulong id = 0, ulong offset = 0) => QueuePair.PostSend(new SendWorkRequest
    {
        WorkRequestId = id, Opcode = SendOpcode.Send, Entry = Memory.Entry(offset, (ulong)length),
    });

    public void Receive(int length, ulong id = 0, ulong offset = 0) => QueuePair.PostReceive(new ReceiveWorkRequest
    {
        WorkRequestId = id, Entry = Memory.Entry(offset, (ulong)length),
    });
}

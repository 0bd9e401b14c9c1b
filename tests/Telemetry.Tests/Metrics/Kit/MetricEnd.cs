using RdmaPipeline.Testing;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.TelemetryTests.Metrics.Kit;

/// <summary>One host of a scene with a queue pair, memory, and a listener to its device alone.</summary>
internal sealed class MetricEnd : IDisposable
{
    private readonly TestMeterFactory _factory = new();
    private readonly WorkCompletion[] _polled = new WorkCompletion[64];

    public MetricEnd(RdmaTestFabric fabric, string name, FabricHostOptions options)
    {
        Metrics = new Collected(_factory);
        Host = fabric.AddHost(name, options with { Device = options.Device with { MeterFactory = _factory } });
        Domain = Host.Device.CreateProtectionDomain();
        Queue = Host.Device.CreateCompletionQueue(4096);
        Memory = Domain.AllocateMemory(4 << 20, AccessFlags.LocalWrite | AccessFlags.RemoteWrite | AccessFlags.RemoteRead
            | AccessFlags.RemoteAtomic);
    }

    public FabricHost Host { get; }

    public Collected Metrics { get; }

    public ProtectionDomain Domain { get; }

    public CompletionQueue Queue { get; }

    public MemoryRegion Memory { get; }

    public QueuePair QueuePair { get; set; } = null!;

    public List<WorkCompletion> Completions { get; } = [];

    public QueuePair MakeQueuePair(QueuePairType type = QueuePairType.ReliableConnection, SharedReceiveQueue? shared = null) =>
        Domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = type, SendCompletionQueue = Queue, ReceiveCompletionQueue = Queue, SignalAll = true, SharedReceiveQueue = shared,
        });

    /// <summary>Takes what has completed; true when there are so many by now.</summary>
    public bool Has(int completions)
    {
        for (int count; (count = Queue.Poll(_polled)) != 0;)
            Completions.AddRange(_polled[..count]);
        return Completions.Count >= completions;
    }

    public void Post(SendOpcode opcode, int length, MetricEnd peer, uint? key = null, SendFlags flags = SendFlags.None) =>
        QueuePair.PostSend(new SendWorkRequest
        {
            Opcode = opcode, Entry = Memory.Entry(0, (ulong)length), Flags = flags,
            RemoteAddress = peer.Memory.Address, RemoteKey = key ?? peer.Memory.RemoteKey,
        });

    public void Receive(int length) => QueuePair.PostReceive(new ReceiveWorkRequest { Entry = Memory.Entry(0, (ulong)length) });

    /// <summary>Posts so many receives, or as many as there is room for.</summary>
    public void TryReceive(int length, int count)
    {
        while (count-- > 0 && QueuePair.TryPostReceive(new ReceiveWorkRequest { Entry = Memory.Entry(0, (ulong)length) }))
        {
        }
    }

    public void Dispose()
    {
        Metrics.Dispose();
        _factory.Dispose();
    }
}

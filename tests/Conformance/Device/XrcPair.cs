using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>
/// An initiator on one device, a target on the other, and behind it two shared receive queues, each with a protection domain, memory and a
/// completion queue of its own, as two users of one connection would have them.
/// </summary>
internal sealed class XrcPair : IDisposable
{
    public const int Queues = 2;
    public const uint Immediate = 0x12345678;
    private const int MemoryLength = 300_001;

    private readonly ProtectionDomain[] _domains;
    private readonly CompletionQueue[] _completions;
    private readonly SharedReceiveQueue[] _shared;
    private readonly MemoryRegion[] _memory;

    public XrcPair(DeviceSetup setup)
    {
        Devices = new DevicePair(setup);
        XrcDomain = Devices.B.OpenXrcDomain("shared");
        _domains = [.. Each(_ => Devices.B.CreateProtectionDomain())];
        _completions = [.. Each(_ => Devices.B.CreateCompletionQueue(64))];
        _shared = [.. Each(queue => _domains[queue].CreateSharedReceiveQueue(new()
        {
            Type = SharedReceiveQueueType.Xrc, XrcDomain = XrcDomain, CompletionQueue = _completions[queue],
        }))];
        _memory = [.. Each(queue => _domains[queue].AllocateMemory(MemoryLength, DevicePair.FullAccess))];
        (Initiator, Target) = Connect();
    }

    public DevicePair Devices { get; }

    public XrcDomain XrcDomain { get; }

    public QueuePair Initiator { get; }

    public QueuePair Target { get; }

    public ProtectionDomain Domain(int queue) => _domains[queue];

    public CompletionQueue Completions(int queue) => _completions[queue];

    public SharedReceiveQueue Shared(int queue) => _shared[queue];

    public MemoryRegion Memory(int queue) => _memory[queue];

    /// <summary>One more connection into the same domain.</summary>
    public (QueuePair Initiator, QueuePair Target) Connect()
    {
        var initiator = Devices.DomainA.CreateQueuePair(
            new() { Type = QueuePairType.XrcInitiator, SendCompletionQueue = Devices.QueueA, SignalAll = true });
        var target = XrcDomain.CreateQueuePair(new() { Type = QueuePairType.XrcTarget });
        target.ConnectTo(initiator.LocalEndpoint);
        initiator.ConnectTo(target.LocalEndpoint);
        return (initiator, target);
    }

    /// <summary>A request with the work request id 1 from and to the beginning of the memory.</summary>
    public SendWorkRequest Request(SendOpcode opcode, MemoryRegion local, int size, int queue) => new()
    {
        WorkRequestId = 1, Opcode = opcode, Entry = local.Entry(0, (ulong)size), Immediate = Immediate,
        RemoteAddress = _memory[queue].Address, RemoteKey = _memory[queue].RemoteKey, RemoteSharedReceiveQueue = _shared[queue].Number,
    };

    public void Dispose() => Devices.Dispose();

    private static IEnumerable<T> Each<T>(Func<int, T> make) => Enumerable.Range(0, Queues).Select(make);
}

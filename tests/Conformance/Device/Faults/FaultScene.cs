using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <summary>
/// Two queue pairs between which a row of the fault matrix is played, their memory, taps on their devices, and two connections beside them
/// that must not notice.
/// </summary>
internal sealed partial class FaultScene : IDisposable
{
    public const int Size = 100;
    public const int SinkSize = 20_000;
    public const uint QueueKey = 0x1234;

    /// <summary>Where in <see cref="Remote"/> the faulty request goes; what lies before is for good ones.</summary>
    public const int FaultyOffset = 1000;

    /// <summary>What memory holds that nobody has written.</summary>
    public const byte Untouched = 0xA5;

    private const int Large = 40_000;
    private const int Depth = 16;
    private const int Completions = 64;
    private const ushort OtherPartition = 0x8123;

    private static readonly QueuePairCapabilities Capabilities = new() { MaxSendWorkRequests = Depth, MaxReceiveWorkRequests = Depth };

    public FaultScene(DeviceSetup setup, FaultRow row)
    {
        Row = row;
        var options = setup.Options with { PkeyTableLength = 2 };
        Pair = new DevicePair(setup,
            options with { Graph = graph => Departures.PutInto(Responses.PutInto(graph)) }, options with { Graph = Requests.PutInto });
        Pair.A.SetPkey(1, 1, OtherPartition);
        Pair.B.SetPkey(1, 1, OtherPartition);
        (SendsA, ReceivesA) = (Pair.A.CreateCompletionQueue(Completions), Pair.A.CreateCompletionQueue(Completions));
        ReceivesB = Pair.B.CreateCompletionQueue(Completions);
        Local = Pair.DomainA.AllocateMemory(Large, DevicePair.FullAccess);
        Temporary = Pair.DomainA.AllocateMemory(Size, DevicePair.FullAccess);
        Remote = Pair.DomainB.AllocateMemory(Large, DevicePair.FullAccess);
        Sink = Pair.DomainB.AllocateMemory(SinkSize, DevicePair.FullAccess);
        (OtherA, OtherB) = (Pair.A.CreateProtectionDomain(), Pair.B.CreateProtectionDomain());
        Local.AsSpan(0, Large).Fill(1);
        Remote.AsSpan(0, Large).Fill(Untouched);
        A = CreateRequester();
        if (Row.IsXrc)
            XrcDomain = Pair.B.OpenXrcDomain();
        Shared = Row.IsShared ? CreateShared(XrcDomain) : null;
        B = CreateResponder();
        Bystanders = Pair.Connect(signalAll: true);
        GoodAddressee = Pair.Datagrams(Pair.DomainB, Pair.QueueB, QueueKey);
        Way = DevicePair.Way(Pair.DomainA, Pair.B);
        MakeReady();
    }

    public FaultRow Row { get; }

    public DevicePair Pair { get; }

    public QueuePair A { get; }

    public QueuePair B { get; }

    public CompletionQueue SendsA { get; }

    public CompletionQueue ReceivesA { get; }

    public CompletionQueue ReceivesB { get; }

    public (QueuePair A, QueuePair B) Bystanders { get; }

    /// <summary>Good datagrams go to it, so that the receives of <see cref="B"/> stay for the faulty one. It has no receives.</summary>
    public QueuePair GoodAddressee { get; }

    public AddressHandle Way { get; }

    public ProtectionDomain OtherA { get; }

    public ProtectionDomain OtherB { get; }

    public MemoryRegion Local { get; }

    public MemoryRegion Remote { get; }

    /// <summary>Memory of the requester that a row may let end.</summary>
    public MemoryRegion Temporary { get; }

    /// <summary>Where receives of <see cref="B"/> point.</summary>
    public MemoryRegion Sink { get; }

    /// <summary>What arrives at the responder's device.</summary>
    public Wire Requests { get; } = new(StageNames.Decode);

    /// <summary>What arrives at the requester's device.</summary>
    public Wire Responses { get; } = new(StageNames.Decode);

    /// <summary>What leaves the requester's device.</summary>
    public Wire Departures { get; } = new(StageNames.Encode);

    public bool IsDatagram => Row.Type is QueuePairType.UnreliableDatagram or QueuePairType.Gsi;

    /// <summary>The number that the faulty request is sent to.</summary>
    public uint Target => IsDatagram ? B.Number : Row.Target(B.LocalEndpoint).QueuePairNumber;

    public SendWorkRequest Send(int size = Size) => Request(SendOpcode.Send, Local.Entry(0, (ulong)size));

    public SendWorkRequest Write(int size = Size, MemoryRegion? to = null) =>
        To(Request(SendOpcode.RdmaWrite, Local.Entry(0, (ulong)size)), to);

    public SendWorkRequest Read(int size = Size, MemoryRegion? from = null) =>
        To(Request(SendOpcode.RdmaRead, Local.Entry(0, (ulong)size)), from);

    public SendWorkRequest FetchAdd(MemoryRegion? on = null) => To(Request(SendOpcode.FetchAndAdd, Local.Entry(0, 8)), on);

    public SendWorkRequest CompareSwap(MemoryRegion? on = null) => To(Request(SendOpcode.CompareAndSwap, Local.Entry(0, 8)), on);

    public SendWorkRequest AtomicWrite(MemoryRegion? to = null) => To(Request(SendOpcode.AtomicWrite, Local.Entry(0, 8)), to);

    public SendWorkRequest Flush(MemoryRegion? of = null) => To(new SendWorkRequest
    {
        Opcode = SendOpcode.Flush, Flags = SendFlags.Signaled, FlushLength = Size, FlushPlacement = FlushPlacement.GlobalVisibility,
    }, of);

    /// <summary>A send that nothing is wrong with.</summary>
    public SendWorkRequest Good()
    {
        if (!IsDatagram)
            return Write() with { RemoteAddress = Remote.Address };
        return Send() with { RemoteQueuePair = GoodAddressee.Number, RemoteQueueKey = QueueKey };
    }

    /// <summary>Memory of the responder with other rights or of another domain.</summary>
    public MemoryRegion Region(AccessFlags access, ProtectionDomain? domain = null) =>
        (domain ?? Pair.DomainB).AllocateMemory(Large, access);

    /// <summary>Memory that is not registered any more.</summary>
    public static MemoryRegion Dead(MemoryRegion region)
    {
        region.Dispose();
        return region;
    }

    public void Dispose() => Pair.Dispose();

    private QueuePair CreateRequester() => Pair.DomainA.CreateQueuePair(new QueuePairInitAttributes
    {
        Type = Row.Type, SendCompletionQueue = SendsA, ReceiveCompletionQueue = Row.IsXrc ? null : ReceivesA, Capabilities = Capabilities,
    });

    private QueuePair CreateResponder()
    {
        if (XrcDomain is { } domain)
            return domain.CreateQueuePair(new QueuePairInitAttributes { Type = QueuePairType.XrcTarget });
        return Pair.DomainB.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = Row.Type, SendCompletionQueue = Pair.QueueB, ReceiveCompletionQueue = ReceivesB, SharedReceiveQueue = Shared,
            Capabilities = Capabilities,
        });
    }

    private void MakeReady()
    {
        if (IsDatagram)
        {
            A.Activate(QueueKey, pkeyIndex: Row.Requester.PkeyIndex);
            B.Activate(QueueKey, pkeyIndex: Row.Responder.PkeyIndex);
            return;
        }
        A.ConnectTo(Row.Target(B.LocalEndpoint), Row.Requester);
        B.ConnectTo(Row.Origin(A.LocalEndpoint), Row.Responder);
    }

    private SendWorkRequest Request(SendOpcode opcode, ScatterGatherEntry entry) => new()
    {
        Opcode = opcode, Flags = SendFlags.Signaled, Entry = entry, Address = IsDatagram ? Way : null,
        RemoteQueuePair = IsDatagram ? B.Number : 0,
        RemoteQueueKey = Row.Type == QueuePairType.Gsi ? 0x8001_0000 : QueueKey,
        RemoteSharedReceiveQueue = Row.IsXrc ? Shared!.Number : 0,
    };

    private SendWorkRequest To(SendWorkRequest request, MemoryRegion? region)
    {
        region ??= Remote;
        // A region without remote access has no valid R_Key (R-VERB-4): its L_Key is what a guess would be.
        uint key = region.RemoteKey == 0 ? region.LocalKey : region.RemoteKey;
        return request with { RemoteAddress = region.Address + FaultyOffset, RemoteKey = key };
    }
}

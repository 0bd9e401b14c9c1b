using RdmaPipeline.ConformanceTests.Device.Faults;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>A queue pair to be brought into a state, a peer that is ready, and a connection beside them.</summary>
internal sealed class StateScene : IDisposable
{
    public const ulong ReceiveId = 1;
    public const ulong SendId = 2;
    public const ulong PeerId = 3;

    private const uint QueueKey = 0x1234;
    private const int Size = 100;

    private readonly ConnectOptions _options = new() { Timeout = 12, RetryCount = 7 };
    private readonly (QueuePair A, QueuePair B) _bystanders;
    private readonly CompletionQueue _besideA;
    private readonly CompletionQueue _besideB;
    private readonly AddressHandle _wayToA;
    private readonly AddressHandle _wayToB;
    private readonly MemoryRegion _memoryB;
    private SharedReceiveQueue? _shared;

    public StateScene(DeviceSetup setup, QueuePairType type)
    {
        Type = type;
        Pair = new DevicePair(setup, setup.Options, setup.Options with { Graph = Requests.PutInto });
        (_besideA, _besideB) = (Pair.A.CreateCompletionQueue(8), Pair.B.CreateCompletionQueue(8));
        _bystanders = (Create(Pair.DomainA, _besideA, QueuePairType.ReliableConnection),
            Create(Pair.DomainB, _besideB, QueuePairType.ReliableConnection));
        _bystanders.A.ConnectTo(_bystanders.B.LocalEndpoint);
        _bystanders.B.ConnectTo(_bystanders.A.LocalEndpoint);
        (Subject, Peer) = (Create(Pair.DomainA, Pair.QueueA, type), Create(Pair.DomainB, Pair.QueueB, PeerOf(type)));
        (_wayToA, _wayToB) = (DevicePair.Way(Pair.DomainB, Pair.A), DevicePair.Way(Pair.DomainA, Pair.B));
        (MemoryA, _memoryB) = (Pair.DomainA.AllocateMemory(1000), Pair.DomainB.AllocateMemory(1000));
        if (IsDatagram)
            Peer.Activate(QueueKey);
        else
            Peer.ConnectTo(Subject.LocalEndpoint, _options);
        if (!IsXrc)
            Peer.PostReceive(new ReceiveWorkRequest { WorkRequestId = PeerId, Entry = _memoryB.Entry() });
        _shared?.PostReceive(new ReceiveWorkRequest { WorkRequestId = ReceiveId, Entry = (TargetIsPeer ? _memoryB : MemoryA).Entry() });
    }

    public QueuePairType Type { get; }

    public DevicePair Pair { get; }

    /// <summary>Completes to QueueA.</summary>
    public QueuePair Subject { get; }

    /// <summary>Its sends complete to QueueB.</summary>
    public QueuePair Peer { get; }

    public MemoryRegion MemoryA { get; }

    /// <summary>What arrives at the peer's device.</summary>
    public Wire Requests { get; } = new(StageNames.Decode);

    public bool IsXrc => Type is QueuePairType.XrcInitiator or QueuePairType.XrcTarget;

    private bool TargetIsPeer => Type == QueuePairType.XrcInitiator;

    private bool IsDatagram => Type is QueuePairType.UnreliableDatagram or QueuePairType.Gsi;

    /// <summary>A SEND to one from the other.</summary>
    public SendWorkRequest Request(QueuePair to) => new()
    {
        Opcode = SendOpcode.Send, Flags = SendFlags.Signaled, Entry = (to == Peer ? MemoryA : _memoryB).Entry(0, Size),
        Address = !IsDatagram ? null : to == Peer ? _wayToB : _wayToA, RemoteQueuePair = IsDatagram ? to.Number : 0,
        RemoteQueueKey = QueueKey, RemoteSharedReceiveQueue = _shared?.Number ?? 0,
    };

    /// <summary>Whether what this type sends is answered.</summary>
    public static bool IsReliable(QueuePairType type) =>
        type is QueuePairType.ReliableConnection or QueuePairType.XrcInitiator or QueuePairType.XrcTarget;

    /// <summary>Brings the subject into a state by the shortest legal way.</summary>
    public void Enter(QueuePairState state)
    {
        if (state == QueuePairState.Reset)
            return;
        Subject.Modify(new QueuePairAttributes
        {
            State = QueuePairState.Init, PkeyIndex = 0, Port = Type == QueuePairType.Gsi ? null : 1,
            Qkey = IsDatagram ? QueueKey : null, Access = IsDatagram ? null : DevicePair.FullAccess,
        });
        if (state == QueuePairState.Init)
            return;
        Subject.Modify(ReadyToReceive());
        if (state == QueuePairState.ReadyToReceive)
            return;
        Subject.Modify(ReadyToSend());
        if (state == QueuePairState.SendQueueError)
        {
            Subject.PostSend(Request(Peer) with { Entry = MemoryA.Entry() with { LocalKey = MemoryA.LocalKey ^ 0x10 } });
            Assert.Equal(WorkCompletionStatus.LocalProtectionError, Pair.Next(Pair.QueueA).Status);
        }
        else if (state != QueuePairState.ReadyToSend)
        {
            Subject.Modify(new QueuePairAttributes { State = state });
        }
    }

    /// <summary>What was on the way is past when a message each way has come behind it.</summary>
    public void AskBystanders()
    {
        var (a, b) = _bystanders;
        foreach (var (from, to, sent, received) in new[] { (a, b, _besideA, _besideB), (b, a, _besideB, _besideA) })
        {
            to.PostReceive(new ReceiveWorkRequest { WorkRequestId = ReceiveId });
            from.PostSend(new SendWorkRequest { WorkRequestId = SendId, Opcode = SendOpcode.Send, Flags = SendFlags.Signaled });
            Pair.NextSuccess(received, ReceiveId);
            Pair.NextSuccess(sent, SendId);
        }
    }

    public void Dispose() => Pair.Dispose();

    private static QueuePairType PeerOf(QueuePairType type) => type switch
    {
        QueuePairType.XrcInitiator => QueuePairType.XrcTarget,
        QueuePairType.XrcTarget => QueuePairType.XrcInitiator,
        _ => type,
    };

    private QueuePair Create(ProtectionDomain domain, CompletionQueue queue, QueuePairType type)
    {
        if (type == QueuePairType.XrcTarget)
            return CreateTarget(domain, queue);
        return domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = type, SendCompletionQueue = queue, ReceiveCompletionQueue = type == QueuePairType.XrcInitiator ? null : queue,
        });
    }

    private QueuePair CreateTarget(ProtectionDomain domain, CompletionQueue queue)
    {
        var xrcDomain = domain.Device.OpenXrcDomain();
        _shared = domain.CreateSharedReceiveQueue(
            new() { Type = SharedReceiveQueueType.Xrc, XrcDomain = xrcDomain, CompletionQueue = queue });
        return xrcDomain.CreateQueuePair(new QueuePairInitAttributes { Type = QueuePairType.XrcTarget });
    }

    private QueuePairAttributes ReadyToReceive()
    {
        if (IsDatagram)
            return new QueuePairAttributes { State = QueuePairState.ReadyToReceive };
        bool responds = Type is QueuePairType.ReliableConnection or QueuePairType.XrcTarget;
        return new QueuePairAttributes
        {
            State = QueuePairState.ReadyToReceive, AddressVector = _wayToB.Query(), PathMtu = Pair.A.QueryPort().ActiveMtu,
            DestinationQueuePair = Peer.Number, ReceivePsn = Peer.InitialPsn,
            MaxDestinationReadAtomic = responds ? 1 : null, MinRnrTimer = responds ? 1 : null,
        };
    }

    private QueuePairAttributes ReadyToSend()
    {
        bool requests = Type is QueuePairType.ReliableConnection or QueuePairType.XrcInitiator;
        return new QueuePairAttributes
        {
            State = QueuePairState.ReadyToSend, SendPsn = Subject.InitialPsn, Timeout = IsReliable(Type) ? 14 : null,
            RetryCount = requests ? 7 : null, RnrRetry = requests ? 7 : null, MaxReadAtomic = requests ? 1 : null,
        };
    }
}

using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Queue pairs of UC or UD in pairs; those that receive do so from one shared receive queue.</summary>
internal sealed class UnreliableSharedScene : IDisposable
{
    public const int Slots = 8;
    private const int SlotLength = 20_000;
    private const uint QueueKey = 0x1234;

    private readonly QueuePairType _type;
    private readonly AddressHandle _way;
    private readonly MemoryRegion _source;
    private readonly MemoryRegion _sink;

    public UnreliableSharedScene(DeviceSetup setup, QueuePairType type, int queuePairs)
    {
        _type = type;
        Pair = new DevicePair(setup);
        Shared = Pair.DomainB.CreateSharedReceiveQueue(new() { MaxWorkRequests = Slots });
        _way = DevicePair.Way(Pair.DomainA, Pair.B);
        _source = Pair.DomainA.AllocateMemory(SlotLength);
        _sink = Pair.DomainB.AllocateMemory(Slots * SlotLength);
        (Senders, Receivers) = (new QueuePair[queuePairs], new QueuePair[queuePairs]);
        for (int i = 0; i < queuePairs; i++)
            Connect(i);
    }

    public DevicePair Pair { get; }

    public SharedReceiveQueue Shared { get; }

    public QueuePair[] Senders { get; }

    public QueuePair[] Receivers { get; }

    public int Mtu => Pair.A.QueryPort().ActiveMtu.ToBytes();

    /// <summary>The longest message that fits a slot and the service: of UC one of several packets.</summary>
    public int Largest => IsDatagram ? Mtu : SlotLength;

    private bool IsDatagram => _type == QueuePairType.UnreliableDatagram;

    private int Header => IsDatagram ? GlobalRouteHeader.Length : 0;

    public void Post(int slot, int length = SlotLength) => Shared.PostReceive(
        new ReceiveWorkRequest { WorkRequestId = (ulong)slot, Entry = _sink.Entry((ulong)(slot * SlotLength), (ulong)length) });

    /// <summary>Sends a message to one of the receivers; its source may be used again when it completes.</summary>
    public void Send(int queuePair, int message, int size)
    {
        Pattern.Fill(_source.AsSpan(0, size), message);
        Senders[queuePair].PostSend(new SendWorkRequest
        {
            WorkRequestId = (ulong)message, Opcode = SendOpcode.SendWithImmediate, Flags = SendFlags.Signaled,
            Entry = _source.Entry(0, (ulong)size), Immediate = (uint)message, Address = IsDatagram ? _way : null,
            RemoteQueuePair = IsDatagram ? Receivers[queuePair].Number : 0, RemoteQueueKey = QueueKey,
        });
    }

    /// <summary>Waits for a message, which must be this one and lie in this slot.</summary>
    public void ExpectReceived(int queuePair, int slot, int message, int size)
    {
        var received = Pair.NextSuccess(Pair.QueueB, (ulong)slot);
        Assert.Equal((Receivers[queuePair].Number, Senders[queuePair].Number, (uint)message, (uint)(Header + size)),
            (received.QueuePairNumber, received.SourceQueuePair, received.Immediate, received.ByteLength));
        Assert.True(Pattern.Matches(_sink.AsSpan((ulong)((slot * SlotLength) + Header), size), message), $"the bytes of message {message}");
    }

    /// <summary>The receiving device's events so far; the first message of a connection is no news.</summary>
    public List<(AsyncEventType Type, SharedReceiveQueue? Queue)> Events()
    {
        var events = new List<(AsyncEventType, SharedReceiveQueue?)>();
        while (Pair.B.AsyncEvents.TryRead(out var happened))
        {
            if (happened.Type != AsyncEventType.CommunicationEstablished)
                events.Add((happened.Type, happened.SharedReceiveQueue));
        }
        return events;
    }

    public void Dispose() => Pair.Dispose();

    private void Connect(int index)
    {
        var sender = Senders[index] = Create(Pair.DomainA, Pair.QueueA, null);
        var receiver = Receivers[index] = Create(Pair.DomainB, Pair.QueueB, Shared);
        if (IsDatagram)
        {
            sender.Activate(QueueKey);
            receiver.Activate(QueueKey);
            return;
        }
        receiver.ConnectTo(sender.LocalEndpoint);
        sender.ConnectTo(receiver.LocalEndpoint);
    }

    private QueuePair Create(ProtectionDomain domain, CompletionQueue queue, SharedReceiveQueue? shared) => domain.CreateQueuePair(new()
    {
        Type = _type, SendCompletionQueue = queue, ReceiveCompletionQueue = queue, SharedReceiveQueue = shared,
    });
}

using RdmaPipeline.Testing.Model;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>
/// One end of a connection, or of a pair of datagram queue pairs: posts, and tells the model of all that it does and sees.
/// </summary>
internal sealed class SwarmEnd
{
    /// <summary>Set in the numbers of receives.</summary>
    public const ulong ReceiveBit = 1UL << 63;

    /// <summary>The Q_Key of all datagrams.</summary>
    public const uint QueueKey = 0x5A4D;

    private const int MaxUnsignaled = 8;

    private readonly Queue<SwarmRequest> _prepared = [];
    private readonly Queue<SwarmRequest> _posted = [];
    private readonly SwarmRequests _requests;
    private readonly SwarmPool? _own;
    private int _left;
    private int _unsignaled;
    private bool _isDraining;
    private int _looksSinceDrained;

    public SwarmEnd(SwarmDevice device, SwarmService service, ModelRules rules)
    {
        (Device, Service, _left) = (device, service, device.Plan.Operations);
        var isExtended = service == SwarmService.Extended;
        var shared = service is SwarmService.ReliableShared or SwarmService.Extended ? device.Pool(isExtended) : null;
        var queuePair = device.Domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = TypeOf(service),
            SendCompletionQueue = device.SendQueue,
            ReceiveCompletionQueue = isExtended ? null : device.ReceiveQueue,
            SharedReceiveQueue = isExtended ? null : shared?.Queue,
            Capabilities = device.Plan.Capabilities,
        });
        Sender = Receiver = new ModelQueuePair(device.Model, queuePair, rules, isExtended ? null : shared?.Model);
        if (isExtended)
        {
            var target = device.Extended.CreateQueuePair(new QueuePairInitAttributes { Type = QueuePairType.XrcTarget });
            Receiver = new ModelQueuePair(device.Model, target, rules);
        }

        Pool = shared ?? (_own = new SwarmPool(device, Sender));
        Sources = new SwarmArena(
            device, device.Plan.Capabilities.MaxSendWorkRequests + 2, device.Plan.LargestMessage, AccessFlags.LocalWrite);
        Keys = new SwarmKeys(this);
        _requests = new SwarmRequests(this);
        device.Add(this);
    }

    public SwarmDevice Device { get; }

    public SwarmService Service { get; }

    public ModelQueuePair Sender { get; }

    public ModelQueuePair Receiver { get; }

    public SwarmPool Pool { get; }

    /// <summary>Sources and sinks of its work requests.</summary>
    public SwarmArena Sources { get; }

    public SwarmKeys Keys { get; }

    public SwarmEnd Peer { get; private set; } = null!;

    public AddressHandle? Way { get; private set; }

    /// <summary>It was put out of use.</summary>
    public bool IsClosed { get; private set; }

    public bool IsReliable => Service is SwarmService.Reliable or SwarmService.ReliableShared or SwarmService.Extended;

    /// <summary>Bytes of a message at most.</summary>
    public int LargestMessage => Service == SwarmService.Datagram
        ? Math.Min(Device.Plan.LargestMessage, Device.Plan.Connect.PathMtu!.Value.ToBytes()) : Device.Plan.LargestMessage;

    /// <summary>Nothing more will come of it.</summary>
    public bool IsDone => IsClosed || (!_isDraining && Sender.Outstanding == 0 && ((_left == 0 && _prepared.Count == 0) || IsSpent));

    /// <summary>For reports.</summary>
    public string Progress => $"{Sender.QueuePair.Number:x} {Service} {Sender.QueuePair.State}: {Sender.Posted} posted, "
        + $"{Sender.Outstanding} outstanding, {_left + _prepared.Count} to go";

    // What is posted to a queue pair that has failed is flushed: a little of that will do.
    private bool IsSpent => Sender.HasFailed && _left < Device.Plan.Operations / 2;

    public void Connect(SwarmEnd peer, ConnectOptions options)
    {
        Peer = peer;
        if (Service == SwarmService.Datagram)
        {
            var gid = peer.Sender.QueuePair.LocalEndpoint.Gid;
            Sender.QueuePair.Activate(QueueKey);
            Way = Device.Domain.CreateAddressHandle(
                new AddressVector { DestinationGid = gid, SourceGidIndex = Device.Device.SelectGid(1, gid) });
        }
        else
        {
            Sender.QueuePair.ConnectTo(peer.Receiver.QueuePair.LocalEndpoint, options);
            if (Receiver != Sender) Receiver.QueuePair.ConnectTo(peer.Sender.QueuePair.LocalEndpoint, options);
        }

        Sender.Connect(peer.Receiver, options);
        if (Receiver != Sender) Receiver.Connect(peer.Sender, options, [Pool.Model]);
    }

    /// <summary>Posts some more, as chance will have it.</summary>
    public void Step()
    {
        var random = Device.Random;
        if (IsClosed) return;
        if (!random.Chance(Device.Plan.LateReceives))
        {
            for (var count = random.Between(1, 4); count > 0 && Pool.Post(); count--)
            {
            }
        }

        if (_isDraining) TryResume();
        else if (random.Chance(1) && _left != 0 && !Sender.HasFailed) BeginDrain();
        for (var count = random.Below(4); count > 0 && PostOne(); count--)
        {
        }

        if (random.Chance(Device.Plan.Mischief / 20)) Break();
    }

    public void CompleteSend(in WorkCompletion completion)
    {
        var hasFailed = !completion.IsSuccess;
        Sender.CompleteSend(completion);
        while (_posted.TryDequeue(out var request))
        {
            var isLast = request.Work.WorkRequestId == completion.WorkRequestId;
            request.Done?.Invoke(!isLast || !hasFailed);
            if (request.Slot >= 0) Sources.Return(request.Slot);
            if (isLast) return;
        }
    }

    public void CompleteReceive(in WorkCompletion completion)
    {
        Receiver.CompleteReceive(completion, Service == SwarmService.Extended ? Pool.Model : null);
        if ((completion.Flags & WorkCompletionFlags.WithInvalidate) != 0 && completion.IsSuccess) Keys.Ended(completion.InvalidatedKey);
        Pool.Complete(completion.WorkRequestId);
    }

    public void Happened(AsyncEvent happened)
    {
        if (happened.Type == AsyncEventType.SendQueueDrained) _looksSinceDrained = 0;
        (happened.QueuePair == Sender.QueuePair ? Sender : Receiver).Happened(happened.Type);
    }

    private static QueuePairType TypeOf(SwarmService service) => service switch
    {
        SwarmService.Extended => QueuePairType.XrcInitiator,
        SwarmService.Unreliable => QueuePairType.UnreliableConnection,
        SwarmService.Datagram => QueuePairType.UnreliableDatagram,
        _ => QueuePairType.ReliableConnection,
    };

    private bool PostOne()
    {
        if (_prepared.Count == 0 && (_left == 0 || IsSpent || !Prepare())) return false;
        var request = _prepared.Peek();
        var mustSignal = _unsignaled >= Math.Min(MaxUnsignaled, Device.Plan.Capabilities.MaxSendWorkRequests - 1)
            || (_left == 0 && _prepared.Count == 1);
        if (mustSignal) request.Work = request.Work with { Flags = request.Work.Flags | SendFlags.Signaled };
        if (!Sender.QueuePair.TryPostSend(request.Work))
        {
            Sender.RefuseSend();
            return false;
        }

        Sender.PostSend(request.Work);
        _unsignaled = (request.Work.Flags & SendFlags.Signaled) != 0 ? 0 : _unsignaled + 1;
        _posted.Enqueue(_prepared.Dequeue());
        return true;
    }

    private bool Prepare()
    {
        var drawn = _requests.Draw();
        if (drawn.Count == 0) return false;
        _left--;
        foreach (var request in drawn) _prepared.Enqueue(request);
        return true;
    }

    // R-REQ-49, R-REQ-50.
    private void BeginDrain()
    {
        if (Sender.QueuePair.State != QueuePairState.ReadyToSend) return;
        (_isDraining, _looksSinceDrained) = (true, -1);
        Modify(new QueuePairAttributes { State = QueuePairState.SendQueueDrained, NotifySendQueueDrained = true });
    }

    private void TryResume()
    {
        if (Sender.HasFailed || Sender.QueuePair.State is QueuePairState.Error or QueuePairState.SendQueueError) _isDraining = false;
        // All completions from before the event are taken at the next look.
        if (!_isDraining || _looksSinceDrained < 0 || _looksSinceDrained++ == 0) return;
        Sender.Drained();
        if (!Device.Random.Chance(20)) return;
        _isDraining = false;
        Sender.EndDrain();
        Modify(new QueuePairAttributes { State = QueuePairState.ReadyToSend });
    }

    // A queue pair may fail while it is told to do something else.
    private void Modify(QueuePairAttributes attributes)
    {
        try
        {
            Sender.QueuePair.Modify(attributes);
        }
        catch (RdmaException) when (Sender.QueuePair.State is QueuePairState.Error or QueuePairState.SendQueueError)
        {
            _isDraining = false;
        }
    }

    // The whole end is put out of use, in one of the three ways there are.
    private void Break()
    {
        if (Device.Random.Chance(30) && _own is not null && IsReliable)
        {
            Pool.Post(isBad: true);
            return;
        }

        var way = Device.Random.Below(3);
        foreach (var one in (ModelQueuePair[])(Sender == Receiver ? [Sender] : [Sender, Receiver]))
        {
            one.BeginAbandon();
            if (way == 0) one.QueuePair.Modify(new QueuePairAttributes { State = QueuePairState.Error });
            else if (way == 1) one.QueuePair.Modify(new QueuePairAttributes { State = QueuePairState.Reset });
            else one.QueuePair.Dispose();
            if (way != 0) one.EndAbandon();
        }

        IsClosed = way != 0;
    }
}

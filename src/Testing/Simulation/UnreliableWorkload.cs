using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// Two devices that send each other messages without acknowledgement, UC or UD. Messages may be lost; what is judged is that each send
/// completes once and in order, that what is delivered is whole and right, and that nothing is delivered twice unless the wire copied it.
/// Works on any pair of devices.
/// </summary>
public sealed class UnreliableWorkload
{
    internal const uint QueueKey = 0x1D1D;

    private const int PollBatch = 16;
    private const int Mtus = 4;

    private readonly WorkloadSettings _settings;
    private readonly QueuePairType _type;
    private readonly SplitMix _random;
    private readonly UnreliableEnd[] _ends;
    private readonly CompletionQueue[] _queues;
    private readonly WorkCompletion[] _polled = new WorkCompletion[PollBatch];

    /// <summary>Makes the queue pairs and makes them ready.</summary>
    /// <param name="settings">
    /// What to do; one queue pair at either end whatever it says, with a shared receive queue unless receives are its own.
    /// </param>
    /// <param name="type">UC or UD.</param>
    /// <param name="copies">How often the wire may deliver a packet: 1, or 2 where it duplicates.</param>
    /// <param name="left">A device.</param>
    /// <param name="right">A device that it can reach.</param>
    public UnreliableWorkload(WorkloadSettings settings, QueuePairType type, int copies, RdmaDevice left, RdmaDevice right)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        (_settings, _type, _random) = (settings, type, new SplitMix(settings.Seed));
        RdmaDevice[] devices = [left, right];
        var depth = settings.Capabilities.MaxSendWorkRequests + settings.Capabilities.MaxReceiveWorkRequests;
        _queues = [.. devices.Select(device => device.CreateCompletionQueue(2 * depth))];
        _ends = [CreateEnd(left, _queues[0]), CreateEnd(right, _queues[1])];
        MakeReady(_ends[0], _ends[1]);
        MakeReady(_ends[1], _ends[0]);
        Plan(_ends[0], _ends[1], copies);
        Plan(_ends[1], _ends[0], copies);
        foreach (var end in _ends) end.Register();
    }

    /// <summary>How far it is, for a report about one that hangs.</summary>
    public string Progress => string.Join("; ", _ends.Select(end => end.Sends.Progress));

    /// <summary>Messages that the responders were told of.</summary>
    public int Delivered => _ends.Sum(end => end.Sends.Delivered);

    /// <summary>Messages that the responders are told of when nothing is lost.</summary>
    public int Tellable => _ends.Sum(end => end.Sends.Tellable);

    /// <summary>Every send has completed.</summary>
    public bool IsDone => Array.TrueForAll(_ends, end => end.Sends.IsDone);

    private int Mtu => _settings.Connect.PathMtu!.Value.ToBytes();

    private bool IsDatagram => _type == QueuePairType.UnreliableDatagram;

    /// <summary>Takes completions and posts more.</summary>
    /// <returns>Whether every send has completed.</returns>
    /// <exception cref="SimulationFailureException">A completion is wrong, or what it promises is.</exception>
    public bool Step()
    {
        Poll();
        foreach (var end in _ends) end.Sends.Post();
        return IsDone;
    }

    /// <summary>Judges what arrived since the last send completed, and all memory.</summary>
    /// <exception cref="SimulationFailureException">Something is wrong.</exception>
    public void Verify()
    {
        Poll();
        foreach (var end in _ends) end.Sends.CheckTargets();
    }

    private UnreliableEnd CreateEnd(RdmaDevice device, CompletionQueue queue)
    {
        var domain = device.CreateProtectionDomain();
        var queuePair = domain.CreateQueuePair(new QueuePairInitAttributes
        {
            Type = _type, SendCompletionQueue = queue, ReceiveCompletionQueue = queue, Capabilities = _settings.Capabilities,
            SharedReceiveQueue = _settings.Receives == WorkloadReceives.Own ? null : domain.CreateSharedReceiveQueue(
                new SharedReceiveQueueInitAttributes { MaxWorkRequests = _settings.Capabilities.MaxReceiveWorkRequests }),
        });
        return new UnreliableEnd(queuePair, GlobalRouteHeader.Length + (Mtus * Mtu));
    }

    private void MakeReady(UnreliableEnd end, UnreliableEnd peer)
    {
        var device = end.QueuePair.Device;
        if (!IsDatagram)
        {
            end.QueuePair.ConnectTo(peer.QueuePair.LocalEndpoint, _settings.Connect);
            return;
        }

        var gid = peer.QueuePair.LocalEndpoint.Gid;
        end.QueuePair.Activate(QueueKey);
        end.Way = end.QueuePair.ProtectionDomain.CreateAddressHandle(
            new AddressVector { DestinationGid = gid, SourceGidIndex = device.SelectGid(1, gid) });
    }

    private void Plan(UnreliableEnd requester, UnreliableEnd responder, int copies)
    {
        var plan = new UnreliableMessage[_settings.OperationsPerDirection];
        for (var i = 0; i < plan.Length; i++) plan[i] = Draw((uint)i, requester, responder);
        plan[^1].Flags |= SendFlags.Signaled;
        requester.Sends = responder.Receives =
            new UnreliableDirection(plan, new SplitMix(_random.Next()), requester, responder, copies, Mtu);
    }

    private UnreliableMessage Draw(uint id, UnreliableEnd requester, UnreliableEnd responder)
    {
        var opcode = IsDatagram
            ? _random.Pick(SendOpcode.Send, SendOpcode.SendWithImmediate)
            : _random.Pick(SendOpcode.Send, SendOpcode.SendWithImmediate, SendOpcode.RdmaWrite, SendOpcode.RdmaWriteWithImmediate);
        var least = opcode == SendOpcode.Send ? UnreliableMessage.NumberLength : 0;
        var size = _random.Between(least, _random.Chance(50) || IsDatagram ? Mtu : Mtus * Mtu);
        var message = new UnreliableMessage(id, opcode, size, _random.Next())
        {
            IsInline = size != 0 && size <= _settings.Capabilities.MaxInlineData && _random.Chance(40), Source = requester.Allocate(size),
        };
        if (message.IsWrite) message = message with { Target = responder.Allocate(size) };
        if (_random.Chance(50)) message.Flags |= SendFlags.Signaled;
        return message;
    }

    private void Poll()
    {
        for (var side = 0; side < _queues.Length; side++)
        {
            for (int count; (count = _queues[side].Poll(_polled)) != 0;)
            {
                foreach (ref readonly var completion in _polled.AsSpan(0, count)) Dispatch(completion, _ends[side]);
            }
        }
    }

    private static void Dispatch(in WorkCompletion completion, UnreliableEnd end)
    {
        if ((completion.Opcode & WorkCompletionOpcode.Receive) != 0) end.Receives.CompleteReceive(completion);
        else end.Sends.CompleteSend(completion);
    }
}

using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Model;

/// <summary>
/// What a queue pair must do with what is posted to it: each work request completes exactly once, in order, with a status that its own
/// fate allows, and what it does to memory is there when it does.
/// </summary>
public sealed partial class ModelQueuePair
{
    private readonly List<ModelOperation> _sends = [];
    private readonly List<ModelOperation> _messages = [];
    private readonly ModelRules _rules;
    private int _completed;
    private int _executed;
    private bool _owesCause;
    private bool _isGone;

    /// <summary>Models a queue pair.</summary>
    /// <param name="device">The device.</param>
    /// <param name="queuePair">The queue pair.</param>
    /// <param name="rules">What the world around it allows.</param>
    /// <param name="receives">Its shared receive queue; null when it has a receive queue of its own, or none.</param>
    public ModelQueuePair(ModelDevice device, QueuePair queuePair, ModelRules rules, ModelReceiveQueue? receives = null)
    {
        ArgumentNullException.ThrowIfNull(queuePair);
        (Device, QueuePair, _rules) = (device, queuePair, rules);
        if (queuePair.Type is QueuePairType.XrcInitiator or QueuePairType.XrcTarget) return;
        Receives = receives ?? new ModelReceiveQueue(device, this);
        Receives.Users.Add(this);
    }

    /// <summary>The queue pair.</summary>
    public QueuePair QueuePair { get; }

    /// <summary>Where its messages arrive.</summary>
    public ModelQueuePair? Peer { get; private set; }

    /// <summary>Its receives; null where each request names a shared receive queue, and where there are none.</summary>
    public ModelReceiveQueue? Receives { get; }

    /// <summary>Sends that were posted and are not known to be over; what the ring holds at most.</summary>
    public int Outstanding => _sends.Count - _completed;

    /// <summary>Sends posted.</summary>
    public int Posted => _sends.Count;

    /// <summary>It was told to go to ERR or RESET, or disposed of.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>A work request of it completed with an error, or it was told to go to ERR.</summary>
    public bool HasFailed { get; private set; }

    internal ModelDevice Device { get; }

    internal bool IsReliable => QueuePair.Type is QueuePairType.ReliableConnection or QueuePairType.XrcInitiator or QueuePairType.XrcTarget;

    internal bool IsDatagram => QueuePair.Type == QueuePairType.UnreliableDatagram;

    /// <summary>Rights that the peer has at it (responder.md 4, check 3).</summary>
    private AccessFlags Access { get; set; }

    /// <summary>Which receive queues a target of XRC serves, by their numbers.</summary>
    private IReadOnlyList<ModelReceiveQueue> Extended { get; set; } = [];

    /// <summary>Both were connected to each other; of XRC each initiator to a target.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="options">How this side was connected.</param>
    /// <param name="extended">Of an XRC target the shared receive queues of its domain.</param>
    public void Connect(ModelQueuePair peer, ConnectOptions options, IReadOnlyList<ModelReceiveQueue>? extended = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        (Peer, Access, Extended) = (peer, options.Access, extended ?? []);
        foreach (var queue in Extended) queue.Users.Add(this);
    }

    /// <summary>A send was accepted.</summary>
    /// <param name="request">What was posted, its memory given by <see cref="SendWorkRequest.Entries"/>.</param>
    public void PostSend(in SendWorkRequest request)
    {
        var operation = new ModelOperation(this, _sends.Count, request) { MessageIndex = _messages.Count };
        _sends.Add(operation);
        if (!operation.TakesReceive) return;
        _messages.Add(operation);
        Peer!.Receives?.Expect(operation.MessageIndex, operation);
    }

    /// <summary>A send was refused because the queue is full.</summary>
    /// <exception cref="ModelViolationException">It cannot be (R-CQ-3).</exception>
    public void RefuseSend() => Require(Outstanding >= QueuePair.Capabilities.MaxSendWorkRequests,
        $"refused a send as full with {Outstanding} of {QueuePair.Capabilities.MaxSendWorkRequests} outstanding");

    /// <summary>It is being told to go to ERR or RESET, or disposed of: from now on its work requests may be flushed.</summary>
    public void BeginAbandon() => IsAbandoned = true;

    /// <summary>
    /// It is in RESET or gone: nothing that was sent to it, and nothing that it had under way, touches memory any more (R-VERB-10).
    /// </summary>
    public void EndAbandon()
    {
        _isGone = true;
        foreach (var send in _sends.Skip(_completed)) send.Fail(isRefused: false);
        foreach (var arriving in Peer?._sends ?? []) arriving.CutTarget();
    }

    /// <summary>Checks that nothing is left that should have completed; nothing may be on its way any more.</summary>
    /// <exception cref="ModelViolationException">Something is.</exception>
    public void CheckEnd()
    {
        Require(!_owesCause && (!_hasFailedReceive || IsFlushing), "flushed a work request, but nothing had failed");
        if (!_isGone) CheckLeft();
        if (!IsReliable || Peer is null) return;
        // R-RESP-28: whoever sent was told only after the receiver was; but R-RESP-27.
        var told = _sends.Take(_completed).Count(send => send.TakesReceive && send.HasSucceeded && !send.MayNotInvalidate);
        Require(Peer._received >= told, $"had {told} messages acknowledged, but the peer was told of {Peer._received}");
    }

    private void CheckLeft()
    {
        var left = _sends.Skip(_completed).Where(send => HasFailed || send.IsSignaled).ToList();
        Require(left.Count == 0, $"never completed {left.Count} of its {_sends.Count} sends, the first of them {left.FirstOrDefault()}");
        var isError = QueuePair.State is QueuePairState.Error or QueuePairState.SendQueueError;
        Require(isError || !HasFailed, $"has failed and is in {QueuePair.State}");
        // R-RESP-50, R-CQ-20: its own receives are flushed, those of a shared queue are not.
        if (QueuePair.State == QueuePairState.Error && Receives is { IsShared: false })
            Require(Receives.Open == 0, $"is in ERR and has {Receives.Open} receives that were not flushed");
    }

    /// <summary>The protection domain in which the key of a request is looked up (responder.md 5, R-RESP-42).</summary>
    internal ProtectionDomain DomainFor(in SendWorkRequest request) => QueueFor(request)!.Domain;

    /// <summary>A request of the peer may be one that makes this queue pair go to ERR (responder.md 10).</summary>
    private bool MayRefuse => Peer?._sends.Exists(MayBeRefused) ?? false;

    private bool MayFailByPeer => IsReliable && (MayRefuse || MayHaveBadReceive);

    private bool MayHaveBadReceive => Receives?.MayFail ?? Extended.Any(queue => queue.MayFail);

    private ModelReceiveQueue? QueueFor(in SendWorkRequest request)
    {
        if (Receives is not null) return Receives;
        var number = request.RemoteSharedReceiveQueue;
        return Extended.First(queue => queue.Shared!.Number == number);
    }

    /// <summary>Whether this queue pair may find fault with a request of its peer.</summary>
    private bool MayBeRefused(ModelOperation request) =>
        request.MayFailRemotely || request.MayNotInvalidate || (request.NeededOfQueuePair & ~Access) != 0 || IsTooLong(request);

    private void Require(bool holds, string what)
    {
        if (!holds) throw new ModelViolationException($"queue pair {QueuePair.Number:x} of {Device.Name} {what}");
    }
}

using RdmaPipeline.Protocol.ReceiveQueue;
using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>A reliable connection: requester, completer, responder and acknowledgement generator over shared state.</summary>
internal sealed class ReliableConnectionMachine : QueuePairMachine
{
    private readonly RetryPolicy _retry;
    private readonly Requester _requester;
    private readonly Completer _completer;
    private readonly ReceiveQueueState _receives;
    private readonly Responder _responder;
    private readonly AckGenerator _ackGenerator;
    private Instant _ackOwedSince;

    public ReliableConnectionMachine(QueuePairScope scope)
        : base(scope)
    {
        _retry = new RetryPolicy(scope, Sends);
        Sends.Retry = _retry;
        _requester = new Requester(scope, Sends, _retry, Completions);
        _completer = new Completer(scope, Sends, _retry, Completions);
        _receives = new ReceiveQueueState(scope);
        _responder = new Responder(scope, _receives);
        _ackGenerator = new AckGenerator(scope, _receives);
    }

    public override bool HasResponseWork => _ackGenerator.HasWork;

    public override Instant NextDeadline => _retry.Deadline;

    private protected override bool HasSendWork => _requester.HasWork;

    private protected override Psn ExpectedPsn => _receives.ExpectedPsn;

    // R-RESP-24, R-REQ-16: the MSN counts what the SSN does.
    private protected override uint? NextMessage =>
        Scope.Context.Type == QueuePairType.XrcInitiator ? null : _receives.Msn.Next.Value;

    private protected override uint SequenceOf(in PacketView request) => _receives.Msn.Next.Value;

    private protected override bool TryBuildResponse(ref PacketWriter packet, Instant now)
    {
        var isAckOwed = _receives.IsAckOwed;
        var isBuilt = _ackGenerator.Poll(ref packet);
        // What is paid now may be one ACK, or an answer or NAK that stands for it.
        if (isAckOwed && !_receives.IsAckOwed) Scope.Host.AcknowledgementLeft(now.Nanoseconds - _ackOwedSince.Nanoseconds);
        return isBuilt;
    }

    private protected override bool TryBuildRequest(ref PacketWriter packet, Instant now) => _requester.Poll(ref packet, now);

    private protected override Work TakeRequest(in PacketView packet, in PacketOrigin origin, Instant now, out DropReason drop)
    {
        var isAckOwed = _receives.IsAckOwed;
        var work = _responder.Receive(packet, out drop);
        if (!isAckOwed) _ackOwedSince = now;
        return work;
    }

    private protected override DropReason TakeResponse(in PacketView packet, Instant now) => _completer.Receive(packet, now);

    private protected override void ServeTimers(Instant now) => _completer.HandleDeadline(now);

    private protected override void StopTimers() => _retry.Stop();

    private protected override void StartReceiving() => _responder.Start();

    private protected override void StartSending() => _retry.Restart();

    private protected override void TakeChanged(QueuePairAttributes attributes)
    {
        _retry.Restart();
        if (attributes.MaxDestinationReadAtomic is not null) _responder.ResizeReadAtomic();
    }

    private protected override void ResetReceiving() => _responder.Reset();

    private protected override void ResetSending() => _retry.Restart();

    private protected override void FlushReceives() => _responder.Flush();
}

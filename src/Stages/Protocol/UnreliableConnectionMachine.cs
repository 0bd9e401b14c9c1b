using RdmaPipeline.Protocol.ReceiveQueue;
using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>
/// An unreliable connection: the requester of the reliable one, which never waits for an answer and so never retries, and a responder that
/// drops what it cannot execute (R-REQ-54, responder.md section 13).
/// </summary>
internal sealed class UnreliableConnectionMachine : UnreliableMachine
{
    private readonly Requester _requester;
    private readonly ReceiveQueueState _receives;
    private readonly UnreliableResponder _responder;

    public UnreliableConnectionMachine(QueuePairScope scope)
        : base(scope)
    {
        _requester = new Requester(scope, Sends, new RetryPolicy(scope, Sends), Completions);
        _receives = new ReceiveQueueState(scope);
        _responder = new UnreliableResponder(scope, _receives);
    }

    private protected override bool HasSendWork => _requester.HasWork;

    private protected override Psn ExpectedPsn => _receives.ExpectedPsn;

    private protected override uint? NextMessage => _receives.ExpectedPsn.Value;

    private protected override bool TryBuildRequest(ref PacketWriter packet, Instant now) => _requester.Poll(ref packet, now);

    private protected override Work TakeRequest(in PacketView packet, in PacketOrigin origin, Instant now, out DropReason drop)
    {
        drop = _responder.Receive(packet);
        return Work.None;
    }

    private protected override void StartReceiving() => _responder.Start();

    private protected override void TakeChanged(QueuePairAttributes attributes)
    {
    }

    private protected override void ResetReceiving() => _responder.Reset();

    private protected override void FlushReceives() => _receives.Receive.Flush();
}

using RdmaPipeline.Protocol.SendQueue;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol;

/// <summary>What the services without acknowledgements share: sends are done at the handover, a send error leads to SQE.</summary>
internal abstract class UnreliableMachine : QueuePairMachine
{
    private readonly Handover _handover;

    private protected UnreliableMachine(QueuePairScope scope)
        : base(scope) => _handover = new Handover(scope, Sends, Completions);

    public override bool AwaitsHandover => true;

    private protected override QueuePairState StateAfterSendError => QueuePairState.SendQueueError;

    public override void HandOver(long position) => _handover.Advance(position);

    private protected override void StartSending() => _handover.Restart();

    private protected override void ResetSending() => _handover.Restart();
}

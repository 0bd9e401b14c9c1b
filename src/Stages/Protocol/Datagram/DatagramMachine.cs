using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Datagram;

/// <summary>
/// Unreliable datagrams, and the two special queue pairs that send nothing else: each work request is one packet to wherever it says.
/// </summary>
internal class DatagramMachine : UnreliableMachine
{
    private readonly DatagramRequester _requester;
    private readonly DatagramResponder _responder;

    public DatagramMachine(QueuePairScope scope)
        : base(scope)
    {
        _requester = new DatagramRequester(scope, Sends, Completions);
        _responder = new DatagramResponder(scope);
    }

    public override bool HasPathPerRequest => true;

    public override bool WantsOrigin => true;

    /// <summary>A datagram may fill a packet of the port (R-WIRE-18).</summary>
    public override int PathMtuBytes => Scope.Options.ActiveMtuBytes;

    private protected override bool HasSendWork => _requester.HasWork;

    // R-RESP-46: nothing is expected.
    private protected override Psn ExpectedPsn => default;

    public override AddressVector? PrepareRequest()
    {
        if (_requester.Prepare() is { } destination) return destination;
        FlushPosted();
        return null;
    }

    private protected override DropReason CheckKeys(in PacketView packet)
    {
        var drop = CheckPartition(packet);
        if (drop != DropReason.None) return drop;
        return QueueKeys.Accepts(Scope, packet.Deth.QueueKey) ? DropReason.None : DropReason.BadQkey;
    }

    private protected override bool TryBuildRequest(ref PacketWriter packet, Instant now) => _requester.Poll(ref packet, now);

    private protected override Work TakeRequest(in PacketView packet, in PacketOrigin origin, Instant now, out DropReason drop)
    {
        drop = _responder.Receive(packet, origin);
        return Work.None;
    }

    private protected override void StartReceiving()
    {
    }

    private protected override void TakeChanged(QueuePairAttributes attributes)
    {
    }

    private protected override void ResetReceiving() => _responder.Reset();

    private protected override void FlushReceives() => _responder.Flush();

    // R-WIRE-27: subnet management takes every P_Key, general services any of the table, the others the one at their index.
    private DropReason CheckPartition(in PacketView packet) => Scope.Context.Type switch
    {
        QueuePairType.Smi => DropReason.None,
        QueuePairType.Gsi => Scope.FindPartition(packet.PartitionKey) < 0 ? DropReason.BadPkey : DropReason.None,
        _ => PacketAdmission.CheckPartition(packet, Scope.Settings.PartitionKey),
    };
}

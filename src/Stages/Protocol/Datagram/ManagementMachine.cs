using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Datagram;

/// <summary>
/// The device's own half of a special queue pair: takes the management datagrams that the device answers itself and sends the answers, as a
/// user of the queue pair would (R-BE-53). Nobody posts to it, nothing completes.
/// </summary>
internal sealed class ManagementMachine(QueuePairScope scope, IManagementService service) : DatagramMachine(scope)
{
    private readonly ManagementReplies _replies = new();
    private Psn _psn;

    private protected override bool HasSendWork => _replies.IsOwed;

    /// <summary>Whether a packet to the special queue pair is for the device, not for its user. Nothing of it has been checked.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="isAlone">There is no user's queue pair.</param>
    public bool Takes(in PacketView packet, bool isAlone) =>
        packet.Traits.Transport == TransportService.UnreliableDatagram && packet.PayloadLength == ManagementReplies.DatagramLength
        && service.Takes(packet.Payload, isAlone);

    public override AddressVector? PrepareRequest() => _replies.IsOwed ? _replies.Next.Destination : null;

    public override void HandOver(long position) => _replies.HandOver(position);

    // R-CM-3: the answer goes to whoever asked, the way the question came.
    private protected override Work TakeRequest(in PacketView packet, in PacketOrigin origin, Instant now, out DropReason drop)
    {
        drop = !_replies.HasRoom ? DropReason.QueueFull : DropReason.None;
        if (drop != DropReason.None) return Work.None;
        if (WayBack(origin) is not { } destination)
        {
            drop = DropReason.NoRoute;
            return Work.None;
        }

        var answer = _replies.Add(new ManagementReply(destination, packet.Deth.SourceQueuePair, PartitionOf(packet)));
        service.Answer(packet.Payload, answer);
        return Work.SendDue;
    }

    private protected override bool TryBuildRequest(ref PacketWriter packet, Instant now)
    {
        if (!_replies.IsOwed) return false;
        ref readonly var reply = ref _replies.Next;
        packet.Begin(Opcode.UdSendOnly, reply.QueuePair, _psn, partitionKey: reply.PartitionKey);
        packet.Append(new Deth(QueueKeys.ToSend(Scope, 0), (uint)Scope.Context.Type));
        packet.AppendPayload(_replies.NextAddress, ManagementReplies.DatagramLength);
        _replies.Built();
        _psn = _psn.Next;
        Counters.SentRequests++;
        return true;
    }

    private ushort PartitionOf(in PacketView packet) => Scope.Context.Type == QueuePairType.Gsi
        ? Scope.Host.FindPkey(Scope.Settings.Port, Scope.FindPartition(packet.PartitionKey))
        : PartitionKeys.Default;

    private AddressVector? WayBack(in PacketOrigin origin)
    {
        var vector = new AddressVector
        {
            Port = Scope.Settings.Port,
            IsGlobal = false,
            ServiceLevel = origin.ServiceLevel,
            DestinationLid = origin.SourceLid,
            SourcePathBits = origin.DestinationPathBits,
        };
        if (origin.RouteHeader.IsEmpty) return vector;
        if (!GlobalRouteHeader.TryRead(origin.RouteHeader, out var header)) return null;
        for (var index = 0; index < Scope.Options.GidTableLength; index++)
        {
            if (Scope.Host.FindGid(vector.Port, index) == header.Destination) return header.Reverse(vector, index);
        }

        return null;
    }
}

using RdmaPipeline.Protocol.ReceiveQueue;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Datagram;

/// <summary>
/// Delivers datagrams. One that does not fit is dropped and counted, its receive work request waits for the next (R-RESP-17, R-RESP-46).
/// A datagram to a multicast group is delivered like any other: whoever repeats it for the members hands it in once for each (R-RESP-47).
/// </summary>
internal sealed class DatagramResponder(QueuePairScope scope)
{
    /// <summary>Bytes of each receive in front of the payload (R-RESP-37).</summary>
    private const int RouteHeaderLength = 40;

    private readonly ReceiveWork _receive = new(scope);

    /// <summary>Takes one datagram that passed admission. PSN and AckReq mean nothing (R-RESP-46).</summary>
    /// <param name="packet">The packet; its payload is copied before this returns.</param>
    /// <param name="origin">How it came.</param>
    /// <returns><see cref="DropReason.None"/> when it was delivered.</returns>
    public DropReason Receive(in PacketView packet, in PacketOrigin origin)
    {
        // An earlier packet of the burst may have taken the queue pair to ERR after this one was admitted (R-RESP-49).
        if (!QueuePairReception.Requests(scope.State)) return DropReason.QpState;
        if (packet.PayloadLength > scope.Options.ActiveMtuBytes) return DropReason.MtuExceeded;
        scope.Counters.CountRequest(packet.Traits.Operation);
        var fault = Place(packet.Payload, origin.RouteHeader);
        if (fault == RequestFault.None)
        {
            Complete(packet, origin);
            return DropReason.None;
        }

        _receive.Rewind();
        if (fault == RequestFault.ReceiverNotReady) return _receive.Missing;
        scope.Counters.RefusedRequests.Count((int)fault);
        return RequestFaultTraits.Of(fault).Drop;
    }

    /// <summary>Completes what is posted to the receive queue (R-RESP-50, R-CQ-19).</summary>
    public void Flush() => _receive.Flush();

    /// <summary>Lets go of everything (R-RESP-50).</summary>
    public void Reset() => _receive.Abandon();

    private RequestFault Place(ReadOnlySpan<byte> payload, ReadOnlySpan<byte> routeHeader)
    {
        var fault = _receive.Take();
        if (fault == RequestFault.None && _receive.Room < RouteHeaderLength + payload.Length) fault = RequestFault.MessageTooLong;
        if (fault == RequestFault.None && !routeHeader.IsEmpty) fault = _receive.Place(routeHeader);
        else if (fault == RequestFault.None) _receive.Skip(RouteHeaderLength);
        return fault == RequestFault.None ? _receive.Place(payload) : fault;
    }

    // responder.md section 11, R-WIRE-33.
    private void Complete(in PacketView packet, in PacketOrigin origin)
    {
        var hasImmediate = packet.Traits.Has(HeaderLayout.ImmDt);
        scope.Counters.RdmaReceives++;
        var completion = new WorkCompletion
        {
            Opcode = WorkCompletionOpcode.Receive,
            ByteLength = _receive.Placed,
            SourceQueuePair = packet.Deth.SourceQueuePair,
            Flags = (origin.RouteHeader.IsEmpty ? WorkCompletionFlags.None : WorkCompletionFlags.Grh)
                | (hasImmediate ? WorkCompletionFlags.WithImmediate : WorkCompletionFlags.None),
            Immediate = hasImmediate ? packet.ImmDt.Value : 0,
            PkeyIndex = PkeyIndexOf(packet),
            SourceLid = origin.SourceLid,
            ServiceLevel = origin.ServiceLevel,
            DestinationPathBits = origin.DestinationPathBits,
        };
        _receive.Complete(completion, packet.Solicited);
    }

    private ushort PkeyIndexOf(in PacketView packet) =>
        scope.Context.Type == QueuePairType.Gsi ? (ushort)Math.Max(0, scope.FindPartition(packet.PartitionKey)) : (ushort)0;
}

using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>
/// Names one queue pair of a host in a capture: a connection by its UDP source port, which is the same in both directions (R-WIRE-6), a
/// datagram queue pair by its number.
/// </summary>
internal readonly record struct EndKey(TransportService Service, uint Number)
{
    public static EndKey Of(CapturedFrame frame, Gid host)
    {
        if (!frame.IsDatagram) return new EndKey(frame.Traits.Transport, frame.Headers.Udp.SourcePort);
        var number = frame.Source == host ? frame.View.Deth.SourceQueuePair : frame.View.DestinationQueuePair;
        return new EndKey(TransportService.UnreliableDatagram, number);
    }
}

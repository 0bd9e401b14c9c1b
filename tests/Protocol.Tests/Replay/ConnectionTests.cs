using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>
/// What the replay takes for a connection is one: its numbers agree with the source port of its flow and with what the CM asked for.
/// </summary>
public sealed class ConnectionTests
{
    [Theory] // R-WIRE-6: our source port for the same connection is the one that Soft-RoCE chose.
    [MemberData(nameof(ReplaySetups.Captures), MemberType = typeof(ReplaySetups))]
    public void TheSourcePortIsThatOfSoftRoce(string capture)
    {
        var conversation = Read(capture);
        var requests = ConnectionRequest.In(conversation).ToList();
        foreach (var (host, end) in Connections(conversation).Where(c => c.End.HasBothNumbers))
        {
            var request = RequestOf(requests, host, end);
            Assert.Equal((uint)FlowEntropy.SourcePort(request?.FlowLabel ?? 0, end.Number, end.PeerNumber), end.Key.Number);
        }
    }

    [Theory]
    [InlineData("rping", 1)]
    [InlineData("rping-ipv6", 1)]
    [InlineData("ucmatose", 2)]
    [InlineData("perftest-cm", 2)]
    public void AConnectionBeginsAsItsRequestSays(string capture, int count)
    {
        var conversation = Read(capture);
        var requests = ConnectionRequest.In(conversation).ToList();
        Assert.Equal(count, requests.Count);
        foreach (var request in requests)
        {
            var setup = conversation.Setup;
            Assert.Equal((setup.PathMtu, setup.Timeout, setup.RetryCount), (request.PathMtu, request.AckTimeout, request.RetryCount));
            Assert.Equal((setup.ReadAtomicDepth, setup.ReadAtomicDepth), (request.ResponderResources, request.InitiatorDepth));
            var (_, end) = Assert.Single(Connections(conversation), c => RequestOf([request], c.Host, c.End) is not null
                && c.Host == request.Frame.Source);
            // The PSN at which the other side shall begin.
            if (end.PeerMessages.Count != 0) Assert.Equal(request.StartingPsn, end.PeerFirstPsn);
        }
    }

    private static Conversation Read(string capture) => Conversation.Read(ReplaySetups.Of(capture));

    private static IEnumerable<(Gid Host, EndRecord End)> Connections(Conversation conversation) =>
        from host in conversation.Hosts
        from key in conversation.Ends(host)
        where key.Service != TransportService.UnreliableDatagram
        select (host, new EndRecord(conversation, host, key));

    private static ConnectionRequest? RequestOf(List<ConnectionRequest> requests, Gid host, EndRecord end) =>
        requests.Find(request => request.QueuePair == (request.Frame.Source == host ? end.Number : end.PeerNumber));
}

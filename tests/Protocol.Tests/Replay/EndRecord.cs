using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>What a capture tells of one queue pair of one host: what it sent, what reached it, what both sides posted.</summary>
internal sealed class EndRecord
{
    private readonly ReplaySetup _setup;
    private readonly List<CapturedFrame> _sent;
    private readonly List<CapturedFrame> _arrived;

    public EndRecord(Conversation conversation, Gid host, EndKey key)
    {
        (_setup, Key) = (conversation.Setup, key);
        var all = conversation.Of(host, key).ToList();
        _sent = [.. all.Where(frame => frame.Source == host && !conversation.Copies.Contains(frame.Number))];
        _arrived = [.. all.Where(frame => frame.Source != host && !_setup.Dropped.Contains(frame.Number))];
        Messages = SentMessages.Read([.. _sent.Where(IsRequest)], _setup.PathMtu);
        var peer = all.Where(frame => frame.Source != host && IsRequest(frame));
        PeerMessages = SentMessages.Read([.. key.Service == TransportService.UnreliableDatagram ? [] : peer], _setup.PathMtu);
        Peer = key.Service == TransportService.UnreliableDatagram ? default : all.Select(PeerOf(host)).First();
        (Number, PeerNumber) = (NumberOf(all, host), NumberOf(all, Peer));
    }

    public EndKey Key { get; }

    public Gid Peer { get; }

    /// <summary>What packets to this queue pair are addressed to; when none was sent, any number will do.</summary>
    public uint Number { get; }

    public uint PeerNumber { get; }

    /// <summary>Both sides were sent something, so both numbers are those of the capture.</summary>
    public bool HasBothNumbers => _arrived.Count != 0 && _sent.Count != 0;

    /// <summary>The work requests of this queue pair.</summary>
    public IReadOnlyList<SentMessage> Messages { get; }

    /// <summary>The work requests of the queue pair it is connected to.</summary>
    public IReadOnlyList<SentMessage> PeerMessages { get; }

    public QueuePairType Type => Key switch
    {
        { Service: TransportService.ReliableConnection } => QueuePairType.ReliableConnection,
        { Service: TransportService.UnreliableConnection } => QueuePairType.UnreliableConnection,
        { Number: 1 } => QueuePairType.Gsi,
        _ => QueuePairType.UnreliableDatagram,
    };

    /// <summary>The Q_Key of a datagram queue pair: what its peers believe, or what it says itself.</summary>
    public uint QueueKey => _arrived.Concat(_sent).First().View.Deth.QueueKey;

    /// <summary>The PSN of its first request; when it sent none, nobody can tell.</summary>
    public Psn FirstPsn => Messages.Count == 0 ? default : Messages[0].First;

    public Psn PeerFirstPsn => PeerMessages.Count == 0 ? default : PeerMessages[0].First;

    public SentMessage? PeerMessageAt(Psn psn) => PeerMessages.FirstOrDefault(message => message.Holds(psn));

    /// <summary>Whether this queue pair, when it got a request, answered that it has no receive for it (R-RESP-15).</summary>
    public bool RefusedForNow(CapturedFrame request)
    {
        var again = _arrived.Find(frame => frame.Number > request.Number && IsRequest(frame) && frame.Psn == request.Psn);
        return _sent.Exists(frame => frame.Number > request.Number && (again is null || frame.Number < again.Number)
            && IsAcknowledge(frame, AethKind.RnrNak) && frame.Psn == request.Psn);
    }

    /// <summary>Whether this queue pair told its peer that a message is done.</summary>
    public bool HasAcknowledged(SentMessage message) =>
        _sent.Exists(frame => frame.Traits.IsResponse && AcknowledgedMessages.Covers(frame, message));

    /// <summary>Whether every packet of a message of its peer reached this queue pair.</summary>
    public bool GotWhole(SentMessage message) =>
        _arrived.Where(frame => IsRequest(frame) && message.Holds(frame.Psn)).DistinctBy(frame => frame.Psn).Count() == message.PsnCount;

    /// <summary>The code that ended the connection of this queue pair at one of its messages, if any.</summary>
    public NakCode? WasRefused(SentMessage message) => FatalCode(_arrived, message);

    /// <summary>The code with which this queue pair ended the connection at a message of its peer, if any.</summary>
    public NakCode? HasRefused(SentMessage message) => FatalCode(_sent, message);

    /// <summary>The data that this queue pair got for a READ or atomic of its own.</summary>
    public byte[] ReadBack(SentMessage message) => DataOf(_arrived, message);

    /// <summary>The data that this queue pair sent for a READ or atomic of its peer.</summary>
    public byte[] Answer(SentMessage message) => DataOf(_sent, message);

    private static byte[] DataOf(List<CapturedFrame> frames, SentMessage message)
    {
        var data = new List<byte>();
        for (var i = 0; i < message.PsnCount; i++)
        {
            var response = frames.Find(frame => frame.Traits.IsResponse && frame.Psn == message.First + i)!.View;
            if (message.IsAtomic) data.AddRange(BitConverter.GetBytes(response.AtomicAckEth.OriginalRemoteData));
            else data.AddRange(response.Payload);
        }

        return [.. data];
    }

    private static bool IsRequest(CapturedFrame frame) => !frame.Traits.IsResponse;

    private static bool IsAcknowledge(CapturedFrame frame, AethKind kind) =>
        frame.Traits.Operation == PacketOperation.Acknowledge && frame.View.Aeth.Kind == kind;

    private static NakCode? FatalCode(List<CapturedFrame> responses, SentMessage message) =>
        responses.Find(frame => IsAcknowledge(frame, AethKind.Nak) && frame.View.Aeth.NakCode != NakCode.PsnSequenceError
            && message.Holds(frame.Psn))?.View.Aeth.NakCode;

    private static Func<CapturedFrame, Gid> PeerOf(Gid host) => frame => frame.Source == host ? frame.Destination : frame.Source;

    private uint NumberOf(List<CapturedFrame> frames, Gid host)
    {
        if (Key.Service == TransportService.UnreliableDatagram) return Key.Number;
        var numbers = frames.Where(frame => frame.Destination == host).Select(frame => frame.View.DestinationQueuePair).Distinct().ToList();
        Assert.True(numbers.Count <= 1, $"{Key} of {host} stands for the queue pairs {string.Join(", ", numbers)}");
        return numbers.Count == 0 ? Key.Number : numbers[0];
    }
}

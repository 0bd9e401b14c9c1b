using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>How many messages of a queue pair are done, by what its peer has answered so far (R-REQ-33, R-REQ-36).</summary>
internal sealed class AcknowledgedMessages(IReadOnlyList<SentMessage> messages)
{
    private int _responses;

    public int Count { get; private set; }

    /// <summary>Takes the next response.</summary>
    public void Take(CapturedFrame response)
    {
        while (Count < messages.Count && Ends(messages[Count], response)) (Count, _responses) = (Count + 1, 0);
    }

    /// <summary>Whether a response says that everything up to the end of a message was executed.</summary>
    public static bool Covers(CapturedFrame response, SentMessage message)
    {
        // A NAK acknowledges what lies before its PSN (R-RESP-34), everything else its own PSN too.
        var isNak = response.Traits.Operation == PacketOperation.Acknowledge && response.View.Aeth.Kind != AethKind.Ack;
        return Psn.Compare(response.Psn, message.Last) >= (isNak ? 1 : 0);
    }

    // R-REQ-22: data come in PSN order, and what comes too soon does not count.
    private bool Ends(SentMessage message, CapturedFrame response)
    {
        if (!message.AwaitsData) return Covers(response, message);
        if (response.Traits.Operation != PacketOperation.Acknowledge && response.Psn == message.First + _responses) _responses++;
        return _responses == message.PsnCount;
    }
}

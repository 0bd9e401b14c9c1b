using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Protocol.Tracing;

/// <summary>
/// Sees what becomes of the messages of a queue pair. Called on its shard, in the middle of things: it must neither throw nor call back.
/// </summary>
internal interface IQueuePairObserver
{
    /// <summary>A send work request that the sampler has chosen gets its PSNs.</summary>
    /// <returns>Whether the observer wants to know of its packets and of its end.</returns>
    bool SendStarted(in SendStart start);

    /// <summary>The prefix of a traced SEND is to be filled in; it says that there is no trace.</summary>
    void PrefixBegun(long request, Span<byte> prefix);

    /// <summary>A packet of a traced work request was built for the first time.</summary>
    void PacketBuilt(long request, uint psn);

    /// <summary>An answer has brought data of a traced READ or atomic.</summary>
    void DataPlaced(long request);

    /// <summary>A packet of any work request was built again.</summary>
    void PacketRepeated(long request, uint psn, RetransmitReason reason, Instant now);

    /// <summary>The peer refuses a packet of any work request.</summary>
    void NakReceived(long request, uint psn, NakCode code, Instant now);

    /// <summary>The peer has no receive work request: all waits.</summary>
    /// <param name="request">The work request that it refuses.</param>
    /// <param name="psn">At which PSN.</param>
    /// <param name="nanoseconds">How long.</param>
    /// <param name="now">The time.</param>
    void ReceiverAwaited(long request, uint psn, long nanoseconds, Instant now);

    /// <summary>A traced work request is done, or any has failed. Its completion is not visible yet.</summary>
    void SendEnded(in SendEnd end);

    /// <summary>
    /// A message that the sampler will choose is due soon: whoever wants to see it come has to look from now on. Or it has come.
    /// </summary>
    void ReceiveForeseen(bool isDue);

    /// <summary>The first packet of a message was executed that the sampler has chosen, or that came with a context.</summary>
    /// <returns>Whether the observer wants to know of its other packets and of its end.</returns>
    bool ReceiveStarted(in ReceiveStart start, Instant now);

    /// <summary>A packet of the traced message was executed; the first one too.</summary>
    /// <param name="psn">Its PSN.</param>
    /// <param name="last">The PSN of the last answer, when the message is complete with it; else the same again.</param>
    /// <param name="bytes">Bytes of the message so far.</param>
    /// <param name="isComplete">It was the last one.</param>
    /// <param name="now">The time.</param>
    void RequestExecuted(uint psn, uint last, uint bytes, bool isComplete, Instant now);

    /// <summary>A request was not executed.</summary>
    /// <param name="request">What it would have begun or gone on with.</param>
    /// <param name="drop">Why not.</param>
    /// <param name="isFatal">The queue pair is in ERR because of it.</param>
    /// <param name="now">The time.</param>
    void RequestRefused(in ReceiveStart request, DropReason drop, bool isFatal, Instant now);

    /// <summary>
    /// The rest of the traced message will not come: nothing is sent again on this service, and a packet of it is missing or was refused.
    /// </summary>
    /// <param name="drop">Why.</param>
    /// <param name="psn">The PSN that showed it.</param>
    void ReceiveLost(DropReason drop, uint psn);

    /// <summary>An answer was built: an ACK, data, or a NAK.</summary>
    /// <param name="psn">Its PSN.</param>
    /// <param name="nak">The code of a NAK; null for an answer.</param>
    /// <param name="isReceiverNotReady">It is an RNR NAK.</param>
    void ResponseBuilt(uint psn, NakCode? nak, bool isReceiverNotReady);
}

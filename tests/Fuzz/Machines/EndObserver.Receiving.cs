using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Tracing;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Machines;

/// <content>Messages of the peer.</content>
internal sealed partial class EndObserver
{
    private Reception _reception;
    private uint _received;
    private uint _answeredUpTo;
    private (uint Psn, NakCode? Nak, bool IsReceiverNotReady, bool IsTold) _response;

    private enum Reception
    {
        /// <summary>No message is traced.</summary>
        None,

        /// <summary>Packets of a traced message come.</summary>
        Coming,

        /// <summary>The traced message is complete; its answer is awaited.</summary>
        Complete,
    }

    public void ReceiveForeseen(bool isDue)
    {
        // Only where to look: nothing follows from it here.
    }

    public bool ReceiveStarted(in ReceiveStart start, Instant now)
    {
        var isSampled = IsSampled(start.Source, start.Destination, start.Sequence);
        Require(start.IsSampled == isSampled, $"message {start.Sequence} is chosen: {isSampled}, and begins as if: {start.IsSampled}");
        Require(isSampled || machine.Tracing.HasContext, $"message {start.Sequence} is traced for no reason");
        if (!settings.Wants(start.Sequence)) return false;
        (_reception, _received) = (Reception.Coming, 0);
        machine.Tracing.AwaitsAnswer = true;
        return true;
    }

    public void RequestExecuted(uint psn, uint last, uint bytes, bool isComplete, Instant now)
    {
        if (!_isWhole) return;
        Require(_reception == Reception.Coming, $"request {psn} of a message that is not traced is told of");
        Require(bytes >= _received && bytes <= MostMessageBytes, $"{bytes} bytes of a message have come, {_received} before");
        _received = bytes;
        if (!isComplete) return;
        (_reception, _answeredUpTo) = (Reception.Complete, last);
    }

    public void RequestRefused(in ReceiveStart request, DropReason drop, bool isFatal, Instant now)
    {
        Require(drop != DropReason.None, $"request {request.PacketNumber} is refused for no reason");
        Require(!isFatal || context.State == QueuePairState.Error, $"request {request.PacketNumber} ends all in {context.State}");
        if (isFatal) _reception = Reception.None;
        else if (_isWhole) Require(_reception == Reception.Coming, $"request {request.PacketNumber} is refused, and none is traced");
    }

    public void ReceiveLost(DropReason drop, uint psn)
    {
        Require(context.Type == QueuePairType.UnreliableConnection || context.Type == QueuePairType.UnreliableDatagram,
            $"a message that will be sent again is lost at {psn}");
        Require(drop != DropReason.None, $"a message is lost at {psn} for no reason");
        if (_isWhole) Require(_reception == Reception.Coming, $"a message is lost at {psn}, and none is traced");
        _reception = Reception.None;
    }

    public void ResponseBuilt(uint psn, NakCode? nak, bool isReceiverNotReady)
    {
        _response = (psn, nak, isReceiverNotReady, true);
        if (_reception != Reception.Complete || !MessageTracing.Covers(psn, _answeredUpTo)) return;
        _reception = Reception.None;
        machine.Tracing.AwaitsAnswer = false;
    }

    // R-RESP-33: the header behind the BTH says what was told.
    private void AnswerLeft(ReadOnlySpan<byte> transport, OpcodeTraits traits, uint psn)
    {
        var told = _response;
        _response = default;
        if (!told.IsTold)
        {
            Require(!machine.Tracing.AwaitsAnswer, $"answer {psn} leaves untold");
            return;
        }

        Require(told.Psn == psn, $"answer {told.Psn} was told of, {psn} leaves");
        if (traits.Operation != PacketOperation.Acknowledge) return;
        var aeth = DepartureCounts.AethOf(transport);
        Require(told.IsReceiverNotReady == (aeth.Kind == AethKind.RnrNak), $"answer {psn} is {aeth}, and was told of as {told}");
        if (aeth.Kind == AethKind.Nak) Require(told.Nak == aeth.NakCode, $"answer {psn} is {aeth}, and was told of as {told}");
        if (aeth.Kind == AethKind.Ack) Require(told.Nak is null, $"answer {psn} is {aeth}, and was told of as {told}");
    }
}

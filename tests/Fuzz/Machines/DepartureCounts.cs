using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>Counts the packets of one queue pair as they leave, to compare with what its machine says it has sent.</summary>
internal sealed class DepartureCounts
{
    private readonly long[] _naks = new long[NakIndex.Count];
    private long _requests;
    private long _responses;
    private long _acks;

    public void Count(ReadOnlySpan<byte> transport)
    {
        var traits = OpcodeTraits.Of((Opcode)transport[0]);
        if (traits.IsRequest) _requests++;
        else _responses++;
        if (traits.Operation != PacketOperation.Acknowledge) return;
        var aeth = AethOf(transport);
        switch (aeth.Kind)
        {
            case AethKind.Ack: _acks++; break;
            case AethKind.RnrNak: _naks[NakIndex.ReceiverNotReady]++; break;
            default: _naks[NakIndex.Of(aeth.NakCode)]++; break;
        }
    }

    /// <summary>The acknowledgement header of a packet that has no other header before it.</summary>
    public static Aeth AethOf(ReadOnlySpan<byte> transport) =>
        Aeth.TryParse(transport[Bth.Length..], out var aeth) ? aeth : throw new FuzzFailureException("an illegal syndrome was sent");

    /// <exception cref="FuzzFailureException">The machine has counted something else.</exception>
    public void Check(QueuePairCounters counters)
    {
        Compare("requests sent", counters.SentRequests, _requests);
        Compare("responses sent", counters.SentResponses, _responses);
        Compare("ACKs sent", counters.AcksSent.Sum, _acks);
        for (var code = 0; code < _naks.Length; code++) Compare($"NAKs sent of kind {code}", counters.NaksSent[code], _naks[code]);
    }

    public static void Compare(string what, long counted, long seen)
    {
        if (counted != seen) throw new FuzzFailureException($"{what}: {counted} were counted, {seen} were seen");
    }
}

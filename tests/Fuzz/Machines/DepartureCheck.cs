using System.Buffers.Binary;
using RdmaPipeline.FuzzTests.Engine;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.FuzzTests.Machines;

/// <summary>What must hold of every packet that an end sends, whatever it was sent before.</summary>
internal static class DepartureCheck
{
    public static void Check(ReadOnlySpan<byte> transport, SceneEnd from, SceneEnd to)
    {
        var opcode = (Opcode)transport[0];
        var traits = OpcodeTraits.Of(opcode);
        if (!traits.IsKnown) throw new FuzzFailureException($"opcode {transport[0]:x2} was sent");
        // R-REQ-52, R-REQ-51: nothing new leaves in ERR and SQE.
        if (traits.IsRequest && from.Sender.State is not (QueuePairState.ReadyToSend or QueuePairState.SendQueueDrained))
            throw new FuzzFailureException($"{opcode} was sent in {from.Sender.State}");
        var destination = BinaryPrimitives.ReadUInt32BigEndian(transport[4..]) & UInt24.Max;
        var peer = traits.IsRequest ? to.Receiver : to.Sender;
        if (peer.Type != QueuePairType.UnreliableDatagram && destination != peer.Number)
            throw new FuzzFailureException($"{opcode} goes to queue pair {destination}, not to {peer.Number}");
        if (transport.IndexOf(MemoryArena.GuardRun) >= 0) throw new FuzzFailureException($"{opcode} carries bytes outside all regions");
        if (transport.IndexOf(MemoryArena.ForeignRun) >= 0) throw new FuzzFailureException($"{opcode} carries bytes of another domain");
    }
}

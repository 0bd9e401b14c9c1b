using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport;

/// <summary>Applies responses to the send queue: it writes fields of the queue pair and completion queues, and never waits.</summary>
internal sealed class CompleterStage(string name, Shard shard, QueuePairTable table, PacketPool pool)
    : MachineStage(name, shard, table, pool)
{
    protected override Work Receive(
        QueuePairMachine machine, PacketBurst burst, in PacketDescriptor descriptor, in PacketView packet, Instant now,
        out DropReason drop) =>
        machine.ReceiveResponse(packet, now, out drop);
}

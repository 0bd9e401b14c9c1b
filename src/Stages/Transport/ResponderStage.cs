using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport;

/// <summary>
/// Executes requests. It never needs room downstream: what it owes is state of the queue pair, fetched by the ack generator.
/// </summary>
internal sealed class ResponderStage(string name, Shard shard, QueuePairTable table) : MachineStage(name, shard, table)
{
    protected override Work Receive(QueuePairMachine machine, in PacketView packet, Instant now, out DropReason drop) =>
        machine.ReceiveRequest(packet, default, now, out drop);
}

using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport;

/// <summary>
/// Executes requests. It never needs room downstream: what it owes is state of the queue pair, fetched by the ack generator.
/// </summary>
internal sealed class ResponderStage(string name, Shard shard, QueuePairTable table, PacketPool pool, FrameCodec codec)
    : MachineStage(name, shard, table, pool)
{
    protected override Work Receive(
        QueuePairMachine machine, PacketBurst burst, in PacketDescriptor descriptor, in PacketView packet, Instant now, out DropReason drop)
    {
        machine.Tracing.HasContext = burst.Contexts is { Count: > 0 };
        if (!machine.WantsOrigin)
            return machine.ReceiveRequest(packet, default, now, out drop);
        Span<byte> routeHeader = stackalloc byte[RouteHeader.Length];
        var origin = codec.ReadOrigin(burst, descriptor, routeHeader);
        return machine.ReceiveRequest(
            packet,
            new PacketOrigin
            {
                RouteHeader = origin.HasRouteHeader ? routeHeader : default,
                SourceLid = origin.SourceLid,
                ServiceLevel = origin.ServiceLevel,
                DestinationPathBits = origin.DestinationPathBits,
            },
            now,
            out drop);
    }
}

using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Transport;

/// <summary>What a multicast group knows of a queue pair that is attached to it.</summary>
internal interface IMulticastMember
{
    /// <summary>The queue pair's number.</summary>
    uint Number { get; }

    /// <summary>The shard that owns it.</summary>
    int ShardIndex { get; }

    /// <summary>On the shard: judges a packet for the queue pair, steps 8 to 12 of wire.md section 8.</summary>
    DropReason Admit(in PacketView packet, in FlowPath path);
}

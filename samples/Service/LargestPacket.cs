using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;

namespace RdmaPipeline.Samples.Service;

/// <summary>A stage of one's own: it knows the largest packet that has passed.</summary>
internal sealed class LargestPacket : FilterStage
{
    public int Bytes { get; private set; }

    protected override DropReason Judge(PacketBurst burst, int index)
    {
        Bytes = Math.Max(Bytes, burst.Packets[index].TransportLength);
        return DropReason.None;
    }
}

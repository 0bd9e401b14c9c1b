using System.Threading.Tasks.Dataflow;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Transport;

namespace RdmaPipeline.ConformanceTests.Device.Stages;

/// <summary>Shows an onlooker the burst itself, by a second reference; of an un-encoded one, with the user's payloads, a copy.</summary>
internal sealed class SharingStage(string name, ITargetBlock<PacketBurst> onlooker) : PacketStage(name)
{
    protected override void Process(ref PacketBurst burst)
    {
        var seen = burst;
        if (burst.State == BurstStage.Unencoded)
            burst.CopyTo(seen = Pool.Rent());
        else
            burst.Retain();
        if (!onlooker.Post(seen))
            seen.Release();
    }
}

using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;

/// <summary>Lets in packets for some queue pairs only. To stand behind decode, where the numbers are known.</summary>
public sealed class Firewall(Func<uint, bool> allows) : PacketStage
{
    protected override void Process(ref PacketBurst burst)
    {
        ulong refused = 0;
        for (int i = 0; i < burst.Count; i++)
        {
            if (!allows(burst.Packets[i].DestinationQueuePair))
                refused |= 1UL << i;
        }
        Drop(ref burst, refused, DropReason.UnknownQp);                    // counted; what is left goes on
    }
}

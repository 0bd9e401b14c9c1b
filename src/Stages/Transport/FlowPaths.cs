using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>Address vectors as the flows that back-ends know.</summary>
internal sealed class FlowPaths(DevicePort port)
{
    /// <summary>The peer's number where a queue pair talks to many: its flows differ by destination only (R-WIRE-6).</summary>
    public const uint AnyQueuePair = 1;

    /// <summary>The flow of packets between two queue pairs; the default value when the vector's source address is gone.</summary>
    public FlowPath To(AddressVector vector, uint localQueuePair, uint remoteQueuePair)
    {
        if (!vector.IsGlobal)
            return Localize(default, vector);
        if (port.Gids.Find(vector.SourceGidIndex) is not { } source)
            return default;
        ushort sourcePort = FlowEntropy.SourcePort(vector.FlowLabel, localQueuePair, remoteQueuePair);
        return Localize(new FlowPath(
            source.Gid.Value, vector.DestinationGid.Value, vector.TrafficClass, vector.HopLimit, vector.FlowLabel, sourcePort), vector);
    }

    // Puts in what the LRH carries, with the LID in force now; a directed route has none. On Ethernet the path stays as it is.
    private FlowPath Localize(in FlowPath path, AddressVector vector) => port.LinkLayer == LinkLayer.Ethernet ? path : path with
    {
        SourceLid = vector.DestinationLid == Lrh.PermissiveLid ? Lrh.PermissiveLid : (ushort)(port.Lid | vector.SourcePathBits),
        DestinationLid = vector.DestinationLid,
        ServiceLevel = vector.ServiceLevel,
    };
}

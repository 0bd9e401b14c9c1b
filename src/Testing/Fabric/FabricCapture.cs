using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Captures;
using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.Testing;

/// <summary>The log of a fabric as a pcapng file: what each node has seen, with what became of it as comments.</summary>
internal static class FabricCapture
{
    public static void Write(RdmaTestFabric fabric, Stream stream, FabricNode? only)
    {
        var link = fabric.LinkType == LinkType.InfiniBand ? LinkLayerType.InfiniBand : LinkLayerType.Ethernet;
        var writer = new PcapNgWriter(stream, "RdmaTestFabric", $"seed {fabric.Seed}; {fabric.ReplayLine}");
        var interfaces = new Dictionary<FabricNode, int>();
        foreach (var node in fabric.Hosts.Cast<FabricNode>().Concat(fabric.Switches).OrderBy(node => node.Number))
            interfaces[node] = writer.AddInterface(link, node.Name);
        foreach (var entry in fabric.Log.Entries)
        {
            // That a stage dropped it stands beside its delivery.
            if (entry is not { Packet: { } packet, Node: { } node, Kind: not FabricEvent.Dropped } || (only ?? node) != node)
                continue;
            var hasCome = node != packet.Source && packet.Destinations.Contains(node);
            var direction = hasCome || entry.Kind == FabricEvent.Delivered ? PacketDirection.Inbound : PacketDirection.Outbound;
            var time = VirtualTimeProvider.EpochNanoseconds + entry.Nanoseconds;
            writer.Write(interfaces[node], time, packet.Frame.Span, Comment(fabric, entry), direction);
        }
    }

    private static string Comment(RdmaTestFabric fabric, FabricLogEntry entry)
    {
        var outcome = entry.Outcome;
        return $"seed {fabric.Seed}, {entry.Packet}, {entry.Kind} at {entry.Node}{(outcome.Length == 0 ? "" : ", ")}{outcome}";
    }
}

using RdmaPipeline.Backends;
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
        var epoch = (fabric.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        var start = epoch - (fabric.Time.Nanoseconds / TimeSpan.NanosecondsPerTick * TimeSpan.NanosecondsPerTick);
        foreach (var entry in fabric.Log.Entries)
        {
            if (entry is not { Packet: { } packet, Node: { } node } || entry.Kind == FabricEvent.Dropped || (only ?? node) != node)
                continue;
            var direction = entry.Kind == FabricEvent.Delivered ? PacketDirection.Inbound : PacketDirection.Outbound;
            writer.Write(interfaces[node], start + entry.Nanoseconds, packet.Frame.Span, Comment(fabric, entry), direction);
        }
    }

    private static string Comment(RdmaTestFabric fabric, FabricLogEntry entry)
    {
        var outcome = entry.Outcome;
        return $"seed {fabric.Seed}, {entry.Packet}, {entry.Kind} at {entry.Node}{(outcome.Length == 0 ? "" : ", ")}{outcome}";
    }
}

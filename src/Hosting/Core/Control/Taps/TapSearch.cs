using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Graph;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Hosting.Control.Taps;

/// <summary>Finds the edge that a client means.</summary>
internal static class TapSearch
{
    /// <exception cref="TapRefusedException">No such device, or several; the message says which there are.</exception>
    public static RdmaDevice FindDevice(string? name, Func<RdmaDevice, string?> serviceOf)
    {
        var open = RdmaPipelineDevice.OpenDevices;
        RdmaDevice[] meant = [.. open.Where(device => name is null || device.Name == name || serviceOf(device) == name)];
        return meant.Length == 1
            ? meant[0]
            : throw new TapRefusedException(
                $"device is {name ?? "not given"}; it must be one of {string.Join(", ", open.Select(device => device.Name))}");
    }

    /// <exception cref="TapRefusedException">No such edge, or several; the message says which there are.</exception>
    public static EdgeDescriptor FindEdge(StageGraphDescriptor graph, string? text)
    {
        string name = (text ?? "").Replace("->", "→", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);
        EdgeDescriptor[] meant =
            [.. graph.Edges.Where(edge => NameOf(edge) == name || $"{edge.From}→{edge.To}" == name || edge.From == name)];
        return meant.Length == 1
            ? meant[0]
            : throw new TapRefusedException($"edge is '{text}'; it must be one of {string.Join(", ", graph.Edges.Select(NameOf))}");
    }

    /// <summary>What names an edge.</summary>
    public static string NameOf(EdgeDescriptor edge) => edge.Port == StageSpec<PacketBurst>.DefaultOutput
        ? $"{edge.From}→{edge.To}"
        : $"{edge.From}.{edge.Port}→{edge.To}";
}

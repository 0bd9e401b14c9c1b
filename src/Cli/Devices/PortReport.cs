using RdmaPipeline.Verbs;

namespace RdmaPipeline.Cli.Devices;

/// <summary>A port as <c>rdmapipe devices --json</c> prints it.</summary>
/// <param name="Port">Its number.</param>
/// <param name="Attributes">What query_port tells.</param>
/// <param name="Gids">The used entries of its GID table.</param>
/// <param name="Pkeys">The whole P_Key table.</param>
public sealed record PortReport(int Port, PortAttributes Attributes, IReadOnlyList<GidReport> Gids, IReadOnlyList<ushort> Pkeys)
{
    public static PortReport Of(RdmaDevice device, int port)
    {
        var attributes = device.QueryPort(port);
        return new(port, attributes,
            [.. device.QueryGidTable(port).Select(slot => new GidReport(slot.Index, slot.Entry.Gid.ToString(), TypeName(slot.Entry.Type)))],
            [.. Enumerable.Range(0, attributes.PkeyTableLength).Select(index => device.QueryPkey(port, index))]);
    }

    // As ibv_devinfo writes them.
    private static string TypeName(GidType type) => type switch
    {
        GidType.RoCEv2 => "RoCE v2",
        GidType.RoCEv1 => "RoCE v1",
        _ => "IB",
    };
}

namespace RdmaPipeline.Backends;

/// <summary>What a back-end says about itself when it is opened; constant for its life.</summary>
public sealed record BackendDescription
{
    /// <summary>Name of the device, unique among the devices the user opens: <c>mem/a</c>, <c>udp/127.0.0.1</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Kind of back-end: <c>mem</c> or <c>udp</c>; a decorator keeps that of what it wraps.</summary>
    public required string Type { get; init; }

    /// <summary>Frame format.</summary>
    public LinkType LinkType { get; init; }

    /// <summary>The link carries subnet management: only there a device has a queue pair 0 (R-WIRE-5).</summary>
    public bool HasSubnetManagement => LinkType == LinkType.InfiniBand;

    /// <summary>EUI-64 of the port; never 0.</summary>
    public required ulong PortGuid { get; init; }

    /// <summary>The port's GIDs by index, big-endian 128-bit numbers (R-WIRE-7); at least one.</summary>
    public required IReadOnlyList<UInt128> Gids { get; init; }

    /// <summary>Largest payload per packet the back-end could ever carry: 256, 512, 1024, 2048 or 4096 bytes.</summary>
    public required int MaxMtu { get; init; }

    /// <summary>Largest payload per packet when the back-end was opened, bytes (R-WIRE-19).</summary>
    public required int ActiveMtu { get; init; }

    /// <summary>Optional abilities.</summary>
    public BackendCapabilities Capabilities { get; init; }

    /// <summary>The UDP port that its packets go to, where a socket makes the headers up to there; else 0.</summary>
    public ushort UdpPort { get; init; }

    /// <summary>Name of the network interface that owns the address; empty where there is none.</summary>
    public string NetworkInterface { get; init; } = "";
}

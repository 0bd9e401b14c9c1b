using System.Net;
using RdmaPipeline.Backends.Framing;

namespace RdmaPipeline.Backends.Loopback;

/// <summary>How a device is attached to an in-memory fabric.</summary>
public sealed record LoopbackOptions
{
    /// <summary>Name of the device on its fabric; null picks the next free <c>dev0</c>, <c>dev1</c>, …</summary>
    public string? Device { get; init; }

    /// <summary>
    /// Addresses of the port, IPv4 or IPv6, in GID order behind its link-local one; empty picks the next free IPv4 address 10.0.0.1,
    /// 10.0.0.2, …
    /// </summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>Payload bytes per packet the port carries: 256, 512, 1024, 2048 or 4096.</summary>
    public int Mtu { get; init; } = PathMtu.Largest;

    /// <summary>
    /// Whether frames carry and are checked for a true ICRC. Without it the port announces the ICRC as offloaded: memory does not
    /// flip bits.
    /// </summary>
    public bool Icrc { get; init; } = true;

    /// <summary>
    /// RoCEv2 Ethernet frames, or native InfiniBand frames. All ports of a fabric are of one kind. A native port's first GID is
    /// <c>fe80::</c> with its GUID; <see cref="Addresses"/> come behind it.
    /// </summary>
    public LinkType LinkType { get; init; } = LinkType.RoCEv2;

    /// <summary>LMC of a native port: the fabric gives it 2 to the power of this many LIDs, 0 to 7.</summary>
    public int LidMaskControl { get; init; }

    /// <summary>
    /// Whether the fabric assigns a native port its LID and brings it to ACTIVE when it is attached (R-BE-52). Otherwise the port waits in
    /// INIT, with LID 0, for management datagrams.
    /// </summary>
    public bool SubnetManagement { get; init; } = true;

    /// <summary>Bursts the receive ring holds before it drops, 2 to 65536; rounded up to a power of two.</summary>
    public int ReceiveRing { get; init; } = 512;

    internal void Validate()
    {
        if (Device is not null && string.IsNullOrWhiteSpace(Device))
            throw new ArgumentException("Device is blank: give a name, or null for an automatic one.", nameof(Device));
        if (!PathMtu.IsValid(Mtu))
            throw new ArgumentOutOfRangeException(nameof(Mtu), Mtu, "The MTU must be 256, 512, 1024, 2048 or 4096.");
        if (ReceiveRing is < 2 or > 65536)
            throw new ArgumentOutOfRangeException(nameof(ReceiveRing), ReceiveRing, "The receive ring must hold 2 to 65536 bursts.");
        if (LinkType is not LinkType.RoCEv2 and not LinkType.InfiniBand)
            throw new ArgumentOutOfRangeException(nameof(LinkType), LinkType, "An in-memory fabric carries RoCEv2 or InfiniBand.");
        if (LidMaskControl is < 0 or > NativePort.MaxLidMaskControl)
            throw new ArgumentOutOfRangeException(nameof(LidMaskControl), LidMaskControl, "The LMC must be 0 to 7.");
        ArgumentNullException.ThrowIfNull(Addresses);
    }
}

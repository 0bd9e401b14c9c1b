using System.Net;
using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.Backends.Udp;

/// <summary>How a UDP back-end is opened.</summary>
public sealed record UdpOptions
{
    /// <summary>The UDP port of RoCEv2.</summary>
    public const int RoCEv2Port = 4791;

    /// <summary>
    /// The local address to bind, IPv4 or IPv6, with its scope if link-local. It is covered by the ICRC, so a wildcard address cannot
    /// serve.
    /// </summary>
    public required IPAddress Address { get; init; }

    /// <summary>UDP port to receive on and to send to, 1 to 65535. Anything but 4791 speaks only to peers opened likewise.</summary>
    public int Port { get; init; } = RoCEv2Port;

    /// <summary>
    /// Whether to use UDP_SEGMENT and UDP_GRO where the kernel has them. Without, each packet is a datagram and an skb of its own.
    /// </summary>
    public bool Offloads { get; init; } = true;

    /// <summary>
    /// Upper bound of the payload per packet: 256, 512, 1024, 2048 or 4096 bytes; the interface's MTU bounds it too (R-WIRE-19).
    /// </summary>
    public int Mtu { get; init; } = PathMtu.Largest;

    /// <summary>Bytes to ask for as socket buffer in each direction; the system may give less.</summary>
    public int SocketBuffer { get; init; } = 64 << 20;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Address);
        if (Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any))
        {
            throw new ArgumentException(
                $"udp://{Address}: a wildcard address cannot be used, the ICRC covers the address; name one of this machine's.",
                nameof(Address));
        }

        if (Address.IsIPv6Multicast || (GidAddress.IsIpv4(GidAddress.FromIp(Address)) && (uint)GidAddress.FromIp(Address) >= 0xE0000000))
            throw new ArgumentException($"udp://{Address}: a device needs a unicast address.", nameof(Address));
        if (Port is < 1 or > 65535)
            throw new ArgumentOutOfRangeException(nameof(Port), Port, "The UDP port must be 1 to 65535; RoCEv2 uses 4791.");
        if (!PathMtu.IsValid(Mtu))
            throw new ArgumentOutOfRangeException(nameof(Mtu), Mtu, "The MTU must be 256, 512, 1024, 2048 or 4096.");
        if (SocketBuffer < 4096)
            throw new ArgumentOutOfRangeException(nameof(SocketBuffer), SocketBuffer, "A socket buffer must have at least 4096 bytes.");
    }
}

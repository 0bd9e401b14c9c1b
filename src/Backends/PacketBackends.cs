using System.Net;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Udp;

namespace RdmaPipeline.Backends;

/// <summary>Opens a back-end by its address.</summary>
public static class PacketBackends
{
    /// <summary>
    /// <c>mem://fabric/device?link=roce|ib&amp;icrc=on|off&amp;mtu=4096&amp;address=10.0.0.1,fd00::1&amp;ring=512</c>, with
    /// <c>lmc=0&amp;sm=on|off</c> for native InfiniBand, or <c>udp://address[:port]?mtu=4096&amp;offload=on|off&amp;buffer=bytes</c>.
    /// Everything behind the question mark is optional, and so is the device's name. An IPv6 address stands in brackets.
    /// </summary>
    /// <param name="uri">The address.</param>
    /// <returns>The open back-end.</returns>
    /// <exception cref="ArgumentException">The address does not follow this form, or an option is out of its range.</exception>
    /// <exception cref="BackendOpenException">The name, address or port is in use or not to be had.</exception>
    public static IPacketBackend Open(string uri)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(uri);
        if (!Uri.TryCreate(uri, UriKind.Absolute, out var parsed))
            throw new ArgumentException($"\"{uri}\" is no address: write mem://fabric/device or udp://address.", nameof(uri));
        return parsed.Scheme switch
        {
            "mem" => OpenLoopback(parsed),
            "udp" => OpenUdp(parsed),
            _ => throw new ArgumentException($"\"{uri}\": unknown scheme \"{parsed.Scheme}\"; there are mem and udp.", nameof(uri)),
        };
    }

    /// <summary>The <c>udp://</c> addresses of this machine that can be opened now, on interfaces that are up.</summary>
    /// <returns>URIs for <see cref="Open"/>.</returns>
    public static IReadOnlyList<string> List() => UdpAddresses.Uris();

    /// <summary>The URI of the back-end at an IP address of this machine.</summary>
    /// <param name="address">The address.</param>
    /// <returns>Its URI, an IPv6 address in brackets.</returns>
    public static string UriOf(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return UdpAddresses.UriOf(address);
    }

    private static LoopbackBackend OpenLoopback(Uri uri)
    {
        if (uri.Host.Length == 0)
            throw new ArgumentException($"\"{uri.OriginalString}\" names no fabric: write mem://fabric/device.", nameof(uri));
        var query = new BackendQuery(uri, "link", "icrc", "mtu", "address", "ring", "lmc", "sm");
        var defaults = new LoopbackOptions();
        var device = uri.AbsolutePath.Trim('/');
        return LoopbackFabric.Named(uri.Host).Open(defaults with
        {
            Device = device.Length > 0 ? device : null,
            LinkType = query.Choice("link", ("roce", LinkType.RoCEv2), ("ib", LinkType.InfiniBand)),
            LidMaskControl = query.Number("lmc", defaults.LidMaskControl),
            SubnetManagement = query.Switch("sm", defaults.SubnetManagement),
            Icrc = query.Switch("icrc", defaults.Icrc),
            Mtu = query.Number("mtu", defaults.Mtu),
            ReceiveRing = query.Number("ring", defaults.ReceiveRing),
            Addresses = query.Addresses("address"),
        });
    }

    private static UdpBackend OpenUdp(Uri uri)
    {
        if (!IPAddress.TryParse(uri.DnsSafeHost, out var address))
            throw new ArgumentException($"\"{uri.OriginalString}\": {uri.Host} is no IP address; an IPv6 one stands in [].", nameof(uri));
        if (uri.AbsolutePath.Trim('/').Length > 0)
            throw new ArgumentException($"\"{uri.OriginalString}\": a udp address has no path.", nameof(uri));
        var query = new BackendQuery(uri, "mtu", "offload", "buffer");
        var defaults = new UdpOptions { Address = address };
        return new UdpBackend(defaults with
        {
            Port = uri.IsDefaultPort || uri.Port < 0 ? UdpOptions.RoCEv2Port : uri.Port,
            Mtu = query.Number("mtu", defaults.Mtu),
            Offloads = query.Switch("offload", defaults.Offloads),
            SocketBuffer = query.Number("buffer", defaults.SocketBuffer),
        });
    }
}

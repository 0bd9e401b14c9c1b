using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using RdmaPipeline.Backends.Framing.Headers;
using static RdmaPipeline.Backends.Udp.SocketConstants;

namespace RdmaPipeline.Backends.Udp;

/// <summary>Opens the two sockets of a device and finds out what the kernel can do for them.</summary>
internal static class UdpSocketFactory
{
    /// <summary>First port of the range R-WIRE-6 takes source ports from.</summary>
    public const int FirstSourcePort = 0xC000;

    private const int SourcePorts = 0x4000;

    /// <summary>The socket that owns the RoCE port. It tells destination, traffic class and hop limit of what it gets (R-BE-33).</summary>
    public static UdpSocket OpenReceiver(UInt128 gid, uint scope, UdpOptions options, out bool coalescing)
    {
        var socket = new UdpSocket(gid);
        try
        {
            coalescing = PrepareReceiver(socket, options);
            if (socket.Bind((ushort)options.Port, scope) is var errno and not 0)
                throw CannotBind(options, errno);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The socket that sends: unconnected and never fragmenting, because only then the kernel leaves the Identification 0 (R-BE-30),
    /// with one fixed source port of the standard's range (R-BE-34).
    /// </summary>
    public static UdpSocket OpenSender(UInt128 gid, uint scope, UdpOptions options, out bool segmentation, out ushort sourcePort)
    {
        var socket = new UdpSocket(gid);
        try
        {
            socket.TrySet(LevelSocket, SendBuffer, options.SocketBuffer);
            socket.TrySet(LevelSocket, ReceiveBuffer, 0);
            var (level, discover) = socket.IsIPv6 ? (LevelIPv6, Ipv6MtuDiscover) : (LevelIPv4, Ipv4MtuDiscover);
            if (!socket.TrySet(level, discover, MtuDiscoverDo))
                throw Refused(options, "path-MTU discovery", Marshal.GetLastPInvokeError());
            if (socket.IsIPv6)
                socket.TrySet(LevelIPv6, Ipv6AutoFlowLabel, 0);
            segmentation = options.Offloads && socket.TrySet(LevelUdp, UdpSegment, 0);
            sourcePort = BindSourcePort(socket, gid, scope, options);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether the system knows a route from the device's address to a peer. Nothing is sent.</summary>
    public static bool HasRoute(UdpOptions options, UInt128 destination)
    {
        var peer = GidAddress.ToIp(destination);
        if (peer.IsIPv6LinkLocal)
            peer.ScopeId = options.Address.AddressFamily == AddressFamily.InterNetworkV6 ? options.Address.ScopeId : 0;
        try
        {
            using var probe = new Socket(options.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Bind(new IPEndPoint(options.Address, port: 0));
            probe.Connect(peer, options.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Sets what every receiving socket needs before it is bound.</summary>
    /// <returns>Whether it coalesces.</returns>
    public static bool PrepareReceiver(UdpSocket socket, UdpOptions options)
    {
        AskForPathDetails(socket);
        socket.TrySet(LevelSocket, ReceiveBuffer, options.SocketBuffer);
        socket.TrySet(LevelSocket, ReceiveQueueOverflow, 1);
        return options.Offloads && socket.TrySet(LevelUdp, UdpGro, 1);
    }

    private static void AskForPathDetails(UdpSocket socket)
    {
        if (!socket.IsIPv6)
        {
            socket.TrySet(LevelIPv4, Ipv4PacketInfo, 1);
            socket.TrySet(LevelIPv4, Ipv4ReceiveTypeOfService, 1);
            socket.TrySet(LevelIPv4, Ipv4ReceiveTimeToLive, 1);
            return;
        }

        socket.TrySet(LevelIPv6, Ipv6ReceivePacketInfo, 1);
        socket.TrySet(LevelIPv6, Ipv6ReceiveTrafficClass, 1);
        socket.TrySet(LevelIPv6, Ipv6ReceiveHopLimit, 1);
        socket.TrySet(LevelIPv6, Ipv6FlowInfo, 1);

        // Soft-RoCE sends IPv6 with UDP checksum 0, which the kernel would discard (R-BE-33).
        socket.TrySet(LevelUdp, UdpNoCheck6Receive, 1);
    }

    private static ushort BindSourcePort(UdpSocket socket, UInt128 gid, uint scope, UdpOptions options)
    {
        // Start where the address says, so that devices side by side do not try the same ports one after the other.
        var start = (int)(ulong)gid & (SourcePorts - 1);
        var errno = 0;
        for (var i = 0; i < SourcePorts; i++)
        {
            var port = (ushort)(FirstSourcePort + ((start + i) & (SourcePorts - 1)));
            errno = port == options.Port ? Errno.AddressInUse : socket.Bind(port, scope);
            if (errno == 0)
                return port;
            if (errno != Errno.AddressInUse)
                break;
        }

        throw Refused(options, "a source port from 49152 to 65535", errno);
    }

    private static BackendOpenException CannotBind(UdpOptions options, int errno)
    {
        var advice = errno switch
        {
            Errno.AddressInUse => "the port is in use on this address. Another RDMA device, or Soft-RoCE, which holds 4791 on all "
                + "addresses of a network namespace, has it: close it, or use another address or namespace",
            Errno.AddressNotAvailable => "the address is not one of this machine's: choose one that `ip address` lists",
            Errno.AccessDenied => "the port needs a privilege: choose 1024 or above",
            _ => Marshal.GetPInvokeErrorMessage(errno),
        };
        return new BackendOpenException($"udp://{options.Address} port {options.Port}: {advice}.", errno);
    }

    private static BackendOpenException Refused(UdpOptions options, string what, int errno) =>
        new($"udp://{options.Address} port {options.Port}: no {what} ({Marshal.GetPInvokeErrorMessage(errno)}).", errno);
}

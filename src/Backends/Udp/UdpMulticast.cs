using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RdmaPipeline.Backends.Framing.Headers;
using static RdmaPipeline.Backends.Udp.SocketConstants;

namespace RdmaPipeline.Backends.Udp;

/// <summary>Multicast on the sockets of a device (R-BE-36): on the interface that owns its address, whatever the routes say.</summary>
internal sealed class UdpMulticast
{
    // What a path that leaves the hop limit open gets; the kernel's own choice, 1, would not pass a router.
    private const int HopLimit = 64;

    private readonly UdpOptions _options;
    private readonly int _interface;

    /// <param name="options">What the device was opened with.</param>
    /// <param name="interfaceIndex">The interface that owns its address.</param>
    public UdpMulticast(UdpOptions options, int interfaceIndex)
    {
        _options = options;
        _interface = interfaceIndex;
    }

    /// <summary>Sends to groups by the device's interface. The kernel loops their datagrams back to members on this machine.</summary>
    public void Prepare(UdpSocket sender)
    {
        if (sender.IsIPv6)
        {
            sender.TrySet(LevelIPv6, Ipv6MulticastInterface, _interface);
            sender.TrySet(LevelIPv6, Ipv6MulticastHops, HopLimit);
            return;
        }

        sender.TrySet(LevelIPv4, Ipv4MulticastInterface, RequestIPv4(0));
        sender.TrySet(LevelIPv4, Ipv4MulticastTimeToLive, HopLimit);
    }

    /// <summary>Opens a socket that is a member of a group and gets nothing but its datagrams.</summary>
    /// <exception cref="ArgumentException">The group is not of the device's family.</exception>
    /// <exception cref="BackendOpenException">The system refuses.</exception>
    public UdpSocket OpenMember(UInt128 group)
    {
        if (GidAddress.IsIpv4(group) != GidAddress.IsIpv4(GidAddress.FromIp(_options.Address)))
        {
            throw new ArgumentException($"{GidAddress.ToIp(group)} cannot be joined on {_options.Address}: "
                + "the device has no address of that family.", nameof(group));
        }

        var socket = new UdpSocket(group);
        try
        {
            UdpSocketFactory.PrepareReceiver(socket, _options);

            // Several devices of this machine may be members; each gets every datagram.
            Require(group, "shared port", socket.TrySet(LevelSocket, ReuseAddress, 1));
            Require(group, "filter", socket.TrySet(LevelOf(socket), socket.IsIPv6 ? Ipv6MulticastAll : Ipv4MulticastAll, 0));
            Require(group, "port", socket.Bind((ushort)_options.Port, (uint)_interface));
            Require(group, "membership", socket.IsIPv6
                ? socket.TrySet(LevelIPv6, Ipv6JoinGroup, RequestIPv6(group))
                : socket.TrySet(LevelIPv4, Ipv4AddMembership, RequestIPv4((uint)group)));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static int LevelOf(UdpSocket socket) => socket.IsIPv6 ? LevelIPv6 : LevelIPv4;

    // struct ip_mreqn: group, address (the index decides), interface.
    private byte[] RequestIPv4(uint group)
    {
        var request = new byte[12];
        BinaryPrimitives.WriteUInt32BigEndian(request, group);
        BitConverter.TryWriteBytes(request.AsSpan(8), _interface);
        return request;
    }

    // struct ipv6_mreq
    private byte[] RequestIPv6(UInt128 group)
    {
        var request = new byte[20];
        BinaryPrimitives.WriteUInt128BigEndian(request, group);
        BitConverter.TryWriteBytes(request.AsSpan(16), _interface);
        return request;
    }

    private void Require(UInt128 group, string what, bool done) => Require(group, what, done ? 0 : Marshal.GetLastPInvokeError());

    private void Require(UInt128 group, string what, int errno)
    {
        if (errno == 0)
            return;
        throw new BackendOpenException($"udp://{_options.Address} port {_options.Port}: no {what} for the group {GidAddress.ToIp(group)} "
            + $"on interface {_interface} ({Marshal.GetPInvokeErrorMessage(errno)}).", errno);
    }
}

using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Management;
using RdmaPipeline.Backends.Packets;
using static RdmaPipeline.Backends.Udp.SocketConstants;

namespace RdmaPipeline.Backends.Udp;

/// <summary>
/// RoCEv2 over unprivileged UDP sockets on Linux, IPv4 or IPv6 (R-BE-30 options B and C): one bound to the RoCE port receives, one with a
/// fixed source port sends, and each multicast group that was joined has one more. Runs of equal packets travel by one system call
/// (UDP_SEGMENT, UDP_GRO) where the kernel can.
/// </summary>
/// <remarks>
/// A socket belongs to the network namespace of the thread that makes it: open the device, and join groups, on threads of the same one.
/// </remarks>
public sealed class UdpBackend : IPacketBackend
{
    private readonly UdpSocket _receiveSocket;
    private readonly UdpSocket _sendSocket;
    private readonly UdpReceiver _receiver;
    private readonly UdpSender _sender;
    private readonly UdpParking _parking;
    private readonly UdpGroups _groups;
    private readonly HomeThread _home;
    private bool _groupsFirst;
    private bool _closed;

    /// <summary>Opens the sockets.</summary>
    /// <param name="options">Address and limits.</param>
    /// <exception cref="ArgumentException">An option is out of range, or the address is a wildcard or multicast.</exception>
    /// <exception cref="BackendOpenException">The address or port cannot be had; the message says what to do.</exception>
    /// <exception cref="PlatformNotSupportedException">Not a 64-bit Linux.</exception>
    public UdpBackend(UdpOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (!OperatingSystem.IsLinux() || nint.Size != 8)
            throw new PlatformNotSupportedException(
                "The UDP back-end needs a 64-bit Linux: elsewhere a socket does not tell what the ICRC covers.");
        Options = options;
        var gid = GidAddress.FromIp(options.Address);
        var scope = options.Address.IsIPv6LinkLocal ? (uint)options.Address.ScopeId : 0;
        var link = Interface();
        _receiveSocket = UdpSocketFactory.OpenReceiver(gid, scope, options, out var coalescing);
        try
        {
            _sendSocket = UdpSocketFactory.OpenSender(gid, scope, options, out var segmentation, out var sourcePort);
            Codec = new RoCEv2UdpCodec(sourcePort, (ushort)options.Port) { Segmentation = segmentation };
            Counters = new BackendCounters(Codec);
            ManagementAgents = [new PerformanceManagementAgent(Counters)];
            Description = Describe(gid, link, segmentation, coalescing);
            _receiver = new UdpReceiver(_receiveSocket, gid, Pool, Counters);
            _sender = new UdpSender(_sendSocket, (ushort)options.Port, scope, Codec, Counters);
            _parking = new UdpParking(_receiveSocket, _sendSocket, Counters);
            var multicast = new UdpMulticast(options, link.Index);
            multicast.Prepare(_sendSocket);
            _groups = new UdpGroups(multicast.OpenMember, socket => new UdpReceiver(socket, gid, Pool, Counters), Counters);
            _home = new HomeThread($"home of {Description.Name}");
        }
        catch
        {
            _receiveSocket.Dispose();
            _sendSocket?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public BackendDescription Description { get; }

    /// <inheritdoc/>
    public FrameCodec Codec { get; }

    /// <inheritdoc/>
    public PacketPool Pool { get; } = new();

    /// <inheritdoc/>
    public BackendCounters Counters { get; }

    /// <inheritdoc/>
    public IReadOnlyList<IManagementAgent> ManagementAgents { get; }

    /// <summary>What the back-end was opened with.</summary>
    public UdpOptions Options { get; }

    /// <summary>Bytes the kernel really gave the receiving socket (it counts its own bookkeeping in).</summary>
    public int ReceiveBufferBytes => _receiveSocket.Get(LevelSocket, ReceiveBuffer);

    /// <summary>Bytes the kernel really gave the sending socket.</summary>
    public int SendBufferBytes => _sendSocket.Get(LevelSocket, SendBuffer);

    /// <inheritdoc/>
    public int Send(PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        return _sender.Send(burst);
    }

    /// <inheritdoc/>
    public int Receive(Span<PacketBurst?> bursts) => _groups.IsEmpty ? _receiver.Receive(bursts) : ReceiveBoth(bursts);

    /// <inheritdoc/>
    public bool WaitForTraffic(long timeoutNanoseconds, bool orSendReady) => _parking.Wait(timeoutNanoseconds, orSendReady);

    /// <inheritdoc/>
    public void Wake() => _parking.Wake();

    /// <inheritdoc/>
    public bool CanReach(UInt128 source, UInt128 destination) =>
        GidAddress.IsIpv4(source) == GidAddress.IsIpv4(destination)
        && (GidAddress.IsMulticast(destination) || _home.Ask(() => UdpSocketFactory.HasRoute(Options, destination)));

    /// <inheritdoc/>
    public void JoinGroup(UInt128 group)
    {
        _home.Ask(() =>
        {
            _groups.Join(group);
            return true;
        });
        _parking.Watch(_groups.Descriptors);
    }

    /// <inheritdoc/>
    public void LeaveGroup(UInt128 group)
    {
        _groups.Leave(group);
        _parking.Watch(_groups.Descriptors);
    }

    /// <inheritdoc/>
    public LinkStatus QueryLink()
    {
        var link = _home.Ask(() => LocalInterface.Owning(Options.Address));
        var mtu = link is null ? 0 : Math.Min(Options.Mtu, PathMtu.FromLink(link.Value.Mtu));
        var up = link is { IsUp: true } && mtu > 0;
        return new LinkStatus(up ? LinkState.Active : LinkState.Down, mtu, PathMtu.Largest, link?.SpeedMegabits ?? 0);
    }

    /// <summary>The one address of the device, while the machine has it: without it nothing can be sent from there (R-VERB-1).</summary>
    /// <returns>One GID or none.</returns>
    public IReadOnlyList<UInt128> QueryGids() =>
        _home.Ask(() => LocalInterface.Owning(Options.Address)) is null ? [] : Description.Gids;

    /// <summary>Closes the sockets. The driver must have left; <see cref="Wake"/> may still be called.</summary>
    public void Dispose()
    {
        if (_closed)
            return;
        _closed = true;
        _home.Dispose();
        _groups.Dispose();
        _receiver.Dispose();
        _receiveSocket.Dispose();
        _sendSocket.Dispose();
        _parking.Dispose();
    }

    // Who is asked first changes, so that a busy flow of one kind does not keep the other from being read.
    private int ReceiveBoth(Span<PacketBurst?> bursts)
    {
        _groupsFirst = !_groupsFirst;
        var filled = _groupsFirst ? _groups.Receive(bursts) : _receiver.Receive(bursts);
        return filled + (_groupsFirst ? _receiver.Receive(bursts[filled..]) : _groups.Receive(bursts[filled..]));
    }

    private LocalInterface Interface()
    {
        var link = LocalInterface.Owning(Options.Address) ?? throw new BackendOpenException(
            $"udp://{Options.Address} port {Options.Port}: the address is not one of this machine's: choose one that `ip address` lists.",
            Errno.AddressNotAvailable);
        if (PathMtu.FromLink(link.Mtu) == 0)
        {
            const int needed = PathMtu.Smallest + PathMtu.HeaderHeadroom;
            throw new BackendOpenException(
                $"udp://{Options.Address}: the MTU of {link.Name} is {link.Mtu}; RoCE needs at least {needed}.");
        }

        return link;
    }

    private BackendDescription Describe(UInt128 gid, LocalInterface link, bool segmentation, bool coalescing) => new()
    {
        Name = Options.Port == UdpOptions.RoCEv2Port ? $"udp/{Options.Address}" : $"udp/{Options.Address}/{Options.Port}",
        Type = "udp",
        UdpPort = (ushort)Options.Port,
        PortGuid = PortGuid.From(gid),
        Gids = [gid],
        MaxMtu = PathMtu.Largest,
        ActiveMtu = Math.Min(Options.Mtu, PathMtu.FromLink(link.Mtu)),
        Capabilities = BackendCapabilities.Multicast | BackendCapabilities.Management
            | (segmentation ? BackendCapabilities.Segmentation : 0)
            | (coalescing ? BackendCapabilities.Coalescing : 0)
            | (GidAddress.IsIpv4(gid) ? 0 : BackendCapabilities.IdentificationVisible),
        NetworkInterface = link.Name,
    };
}

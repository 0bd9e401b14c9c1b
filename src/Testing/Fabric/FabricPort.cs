using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Testing;

/// <summary>
/// The port of a host: full frames with ICRC, a bounded receive ring, a bounded queue in front of each link, behind which a send waits.
/// </summary>
internal sealed partial class FabricPort : IPacketBackend
{
    // What an adapter takes before it says that it is full: two messages of 64 KiB.
    private const long SendBufferBytes = 128 * 1024;

    private readonly FabricHost _host;
    private readonly FabricHostOptions _options;
    private readonly Queue<FabricPacket> _ring = new();
    private readonly Queue<FabricPacket> _leaving = new();
    private long _leavingBytes;
    private long _nextReceive;
    private long _wakeAt;
    private FabricLane? _fullLane;

    public FabricPort(FabricHost host, UInt128[] gids, ushort lid, FabricHostOptions options)
    {
        (_host, _options, Lid) = (host, options, lid);
        var native = new NativePort(gids);
        native.Assign(lid, 0);
        Codec = host.Fabric.LinkType == LinkType.InfiniBand ? new NativeInfiniBandCodec(native) : new RoCEv2EthernetCodec();
        Counters = new BackendCounters(Codec);
        Description = new BackendDescription
        {
            Name = $"fabric/{host.Name}",
            Type = "fabric",
            LinkType = host.Fabric.LinkType,
            PortGuid = (ulong)gids[0] | LocallyAdministered,
            Gids = gids,
            MaxMtu = options.Mtu,
            ActiveMtu = options.Mtu,
            Capabilities = BackendCapabilities.IdentificationVisible | BackendCapabilities.PortControl | BackendCapabilities.Multicast,
        };
    }

    public BackendDescription Description { get; }

    public FrameCodec Codec { get; }

    public PacketPool Pool { get; } = new();

    public BackendCounters Counters { get; }

    /// <summary>The least time between two packets taken out of the ring, in nanoseconds.</summary>
    public long ReceiveInterval { get; set; }

    public bool IsSendReady => _fullLane is null || _fullLane.QueuedBytes < SendBufferBytes;

    private long Now => _host.Fabric.Time.Nanoseconds;

    public int Send(PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        var targets = TargetsOf(burst.Path);
        var taken = 0;
        for (; burst.SentCount < burst.Count && HasRoom(targets); burst.SentCount++, taken++)
            Emit(burst, burst.SentCount, targets);
        // They leave once the step is over and no device is in the middle of one: whoever is told may do what he likes.
        if (taken > 0)
            _host.Fabric.Time.Schedule(Now, Leave);
        if (burst.SentCount == burst.Count)
            burst.Release();
        return taken;
    }

    public int Receive(Span<PacketBurst?> bursts)
    {
        var filled = 0;
        while (filled < bursts.Length && TakeBurst() is { } burst)
        {
            Counters.Received.CountBurst();
            bursts[filled++] = burst;
        }

        return filled;
    }

    public bool WaitForTraffic(long timeoutNanoseconds, bool orSendReady) => _ring.Count > 0;

    public void Wake()
    {
        // Nobody ever waits here: one thread runs the whole fabric.
    }

    public void Dispose()
    {
        _isClosed = true;
        _ring.Clear();
        _arrivals.Clear();
    }

    /// <summary>A packet has come over a link.</summary>
    public void Take(FabricPacket packet)
    {
        var reason = !IsActive ? DropReason.NoRoute
            : packet.PayloadLength > _options.Mtu ? DropReason.MtuExceeded
            : _ring.Count >= _options.ReceiveRing ? DropReason.QueueFull : DropReason.None;
        if (reason == DropReason.None)
        {
            _ring.Enqueue(packet);
            _arrivals.Enqueue(_host.Fabric.Log.Add(_host, FabricEvent.Delivered, packet));
            _host.Fabric.TellDelivered(_host, packet);
            return;
        }

        Counters.Drop(reason, 1);
        _host.Fabric.Log.Add(_host, FabricEvent.Lost, packet, reason, "at the port");
    }

    private void Emit(PacketBurst burst, int index, FabricHost[] targets)
    {
        ref var packet = ref burst.Packets[index];
        var frame = burst.Bytes(packet.FrameOffset, packet.FrameLength).ToArray();
        if (index == 0)
            Counters.Sent.CountBurst();
        Counters.Sent.CountPackets(1, frame.Length);
        _leavingBytes += frame.Length;
        _leaving.Enqueue(new FabricPacket(_host.Fabric.NextPacketNumber(), _host, frame, burst.Path, targets)
        {
            Contexts = burst.Contexts is { Count: > 0 } contexts ? contexts.All.ToArray() : [],
        });
    }

    private void Leave()
    {
        _leavingBytes = 0;
        while (_leaving.TryDequeue(out var packet))
        {
            _host.Fabric.TellSent(packet);
            if (IsActive)
            {
                _host.Emit(packet);
                continue;
            }

            Counters.Drop(DropReason.NoRoute, 1);
            _host.Fabric.Log.Add(_host, FabricEvent.Lost, packet, DropReason.NoRoute, "the port is down");
        }
    }

    private FabricHost[] TargetsOf(in FlowPath path)
    {
        var addresses = _host.Fabric.Addresses;
        if (GidAddress.IsMulticast(path.Destination))
            return [.. addresses.MembersOf(path.Destination)];
        var target = path.DestinationLid == Lrh.PermissiveLid ? _host
            : path.DestinationLid != 0 ? addresses.Find(path.DestinationLid) : addresses.Find(path.Destination);
        return target is null ? [] : [target];
    }

    // Time goes on to when there is room again, if nothing else is to be done.
    private bool HasRoom(FabricHost[] targets)
    {
        foreach (var target in targets)
        {
            if (_host.LaneTo(target) is not { } lane || lane.QueuedBytes + _leavingBytes < SendBufferBytes)
                continue;
            _fullLane = lane;
            WakeAt(Math.Max(Now, lane.RoomAt(SendBufferBytes)) + 1);
            return false;
        }

        _fullLane = null;
        return true;
    }

    private void WakeAt(long nanoseconds)
    {
        if (_wakeAt > Now && _wakeAt <= nanoseconds)
            return;
        _wakeAt = nanoseconds;
        _host.Fabric.Time.Schedule(nanoseconds, static () => { });
    }
}

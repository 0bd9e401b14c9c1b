using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Management;
using RdmaPipeline.Backends.NativeIb;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Loopback;

/// <summary>
/// A port of an in-memory fabric: full RoCEv2 Ethernet or native InfiniBand frames, handed over as the burst object itself, so nothing is
/// copied. The receive ring is the one place that drops, as on a NIC. Needs no thread: two ports may be driven by one.
/// </summary>
public sealed partial class LoopbackBackend : IPacketBackend, ISubnetLink
{
    // Ethernet, the larger of the two IP headers, UDP, transport headers with headroom, pad and ICRC; a native frame has less.
    private const int FrameHeadroom = 14 + 40 + 8 + PathMtu.HeaderHeadroom + 3 + 4;

    private readonly LoopbackFabric _fabric;
    private readonly BurstRing _ring;
    private readonly WakeLatch _latch = new();
    private readonly ManualResetEventSlim _roused = new(initialState: false, spinCount: 0);
    private readonly int _maxFrame;
    private readonly bool _sweeps;
    private UInt128[] _gids;
    private Action<BackendEvent> _tell = static _ => { };
    private volatile bool _linkUp = true;
    private volatile bool _closed;

    internal LoopbackBackend(LoopbackFabric fabric, string device, UInt128[] gids, LoopbackOptions options)
    {
        _fabric = fabric;
        DeviceName = device;
        _gids = gids;
        _ring = new BurstRing((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)options.ReceiveRing));
        _maxFrame = options.Mtu + FrameHeadroom;
        _sweeps = options.SubnetManagement;
        if (options.LinkType == LinkType.InfiniBand)
            Subnet = new SubnetPort(new NativePort(gids));
        Codec = Subnet is null
            ? new RoCEv2EthernetCodec(options.Icrc) : new NativeInfiniBandCodec(Subnet.Addressing, options.Icrc);
        Counters = new BackendCounters(Codec);
        var performance = new PerformanceManagementAgent(Counters);
        ManagementAgents = Subnet is null ? [performance] : [new SubnetManagementAgent(this), performance];
        Description = new BackendDescription
        {
            Name = $"{fabric.Name}/{device}",
            Type = "mem",
            LinkType = options.LinkType,
            PortGuid = PortGuid.From(gids[0]),
            Gids = gids,
            MaxMtu = options.Mtu,
            ActiveMtu = options.Mtu,
            Capabilities = BackendCapabilities.IdentificationVisible | BackendCapabilities.PortControl | BackendCapabilities.Multicast
                | BackendCapabilities.Management
                | (options.Icrc ? 0 : CrcOffloads(options.LinkType)),
        };
    }

    /// <inheritdoc/>
    public BackendDescription Description { get; }

    /// <inheritdoc/>
    public FrameCodec Codec { get; }

    /// <inheritdoc/>
    public PacketPool Pool { get; } = new();

    /// <inheritdoc/>
    public BackendCounters Counters { get; }

    /// <summary>The fabric this port is attached to.</summary>
    public LoopbackFabric Fabric => _fabric;

    /// <summary>Name of the device on its fabric.</summary>
    public string DeviceName { get; }

    internal bool IsClosed => _closed;

    /// <inheritdoc/>
    public int Send(PacketBurst burst)
    {
        ArgumentNullException.ThrowIfNull(burst);
        var taken = burst.Count - burst.SentCount;
        Counters.Sent.CountBurst(taken, FrameBytes(burst));
        burst.SentCount = burst.Count;
        if (!MayCarry(burst) || !_fabric.Forward(this, burst))
        {
            Counters.Drop(DropReason.NoRoute, taken);
            burst.Release();
        }

        return taken;
    }

    /// <inheritdoc/>
    public int Receive(Span<PacketBurst?> bursts)
    {
        var filled = 0;
        while (filled < bursts.Length && _ring.TryTake() is { } burst)
        {
            Counters.Received.CountBurst(burst.Count, FrameBytes(burst));
            bursts[filled++] = burst;
        }

        return filled;
    }

    /// <inheritdoc/>
    public bool WaitForTraffic(long timeoutNanoseconds, bool orSendReady)
    {
        // A send never blocks here: the ring of the receiver drops instead.
        if (orSendReady || !_ring.IsEmpty)
            return true;
        _roused.Reset();
        if (_latch.Arm() && _ring.IsEmpty && timeoutNanoseconds != 0)
        {
            Counters.CountPark();
            _roused.Wait(WaitMilliseconds(timeoutNanoseconds));
        }

        return _latch.Disarm() | !_ring.IsEmpty;
    }

    /// <inheritdoc/>
    public void Wake()
    {
        if (_latch.Set())
            _roused.Set();
    }

    /// <summary>Detaches the port and releases what its ring still holds.</summary>
    public void Dispose()
    {
        if (_closed)
            return;
        _closed = true;
        _fabric.Detach(this);
        Interlocked.MemoryBarrier();
        Empty();
        Wake();
    }

    /// <summary>Takes what the fabric brings.</summary>
    /// <param name="burst">The burst; somebody may still be reading it.</param>
    /// <param name="copies">Where to get another one from in that case: the sender's pool, on the sender's thread.</param>
    internal void Deliver(PacketBurst burst, PacketPool copies) => Deliver(burst.Unshare(copies));

    private static BackendCapabilities CrcOffloads(LinkType link) =>
        BackendCapabilities.IcrcTransmitOffload | BackendCapabilities.IcrcReceiveOffload
        | (link == LinkType.InfiniBand ? BackendCapabilities.VcrcTransmitOffload | BackendCapabilities.VcrcReceiveOffload : 0);

    // R-BE-52: management datagrams are what makes a port ACTIVE, so they flow before.
    private bool MayCarry(PacketBurst burst) => State switch
    {
        LinkState.Active => true,
        LinkState.Down => false,
        _ => NativeAddressing.IsManagement(burst),
    };

    private static long FrameBytes(PacketBurst burst)
    {
        long bytes = 0;
        for (var i = burst.SentCount; i < burst.Count; i++)
            bytes += burst.Packets[i].FrameLength;
        return bytes;
    }

    private static int WaitMilliseconds(long nanoseconds) =>
        nanoseconds < 0 ? Timeout.Infinite : (int)Math.Min(int.MaxValue, (nanoseconds + 999_999) / 1_000_000);

    private void Deliver(PacketBurst burst)
    {
        burst.State = BurstStage.Received;
        burst.Journey?.End();
        burst.SentCount = 0;
        burst.RunCount = 0;
        burst.SegmentCount = 0;
        RefuseOversized(burst);
        var count = burst.Count;
        var reason = !MayCarry(burst) ? DropReason.NoRoute : count > 0 && !_ring.TryAdd(burst) ? DropReason.QueueFull : DropReason.None;
        if (reason != DropReason.None || count == 0)
        {
            Counters.Drop(reason, count);
            burst.Release();
            return;
        }

        if (_latch.NeedsRousing())
            _roused.Set();

        // Behind the fence of the latch: either Dispose sees the burst in the ring or this sees that the port is closed.
        if (_closed)
            Empty();
    }

    private void RefuseOversized(PacketBurst burst)
    {
        var fits = 0UL;
        for (var i = 0; i < burst.Count; i++)
        {
            if (burst.Packets[i].FrameLength <= _maxFrame)
                fits |= 1UL << i;
        }

        var before = burst.Count;
        burst.Keep(fits);
        if (burst.Count < before)
            Counters.Drop(DropReason.MtuExceeded, before - burst.Count);
    }

    private void Empty()
    {
        while (_ring.TryTake() is { } burst)
        {
            Counters.Drop(DropReason.NoRoute, burst.Count);
            burst.Release();
        }
    }
}

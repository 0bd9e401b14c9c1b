using RdmaPipeline.Backends;
using RdmaPipeline.Graph;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Transport;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing;

/// <summary>A host of a <see cref="RdmaTestFabric"/>: a device with the real stage graph on a port of the fabric.</summary>
public sealed partial class FabricHost : FabricNode
{
    private const ulong FirstAddress = 0x0100_0000_0000;
    private const ulong PageSize = 4096;
    private const ulong AlignmentMask = 7;

    private readonly FabricPort _port;
    private readonly ShardScheduler?[] _shards;
    private ulong _nextAddress;

    internal FabricHost(RdmaTestFabric fabric, string name, int number, FabricHostOptions options)
        : base(fabric, name, number)
    {
        _nextAddress = FirstAddress * (ulong)(number + 1);
        Drops = new DropTrace(this);
        var random = fabric.RandomFor(RandomStream.Host, number);
        _port = new FabricPort(this, fabric.Addresses.GidsFor(options), fabric.Addresses.NextLid(), options);
        var device = options.Device with
        {
            Preset = options.Preset, Driver = ShardDriverKind.Seeded, Seed = (int)(random.Next() >> 33), TimeProvider = fabric.Time,
        };
        Device = RdmaPipelineDevice.Open(_port, device, new DeviceSeams
        {
            World = fabric.Shards, Machine = options.Machine, InitialPsn = options.InitialPsn, AddressOf = NextAddress, Drops = Drops,
            Continuations = fabric.Continue,
        });
        Pipeline = Device.GetPipeline();
        _shards = [.. Pipeline.Schedulers];
    }

    /// <summary>
    /// The device. Whoever polls one of its completion queues takes a step of the whole fabric. Memory that is registered without an
    /// address for it gets one that is the same in every run with the seed.
    /// </summary>
    public RdmaDevice Device { get; }

    /// <summary>A view of the device's pipeline: its graph, its counters.</summary>
    public DevicePipeline Pipeline { get; }

    /// <summary>Its first address.</summary>
    public Gid Gid => new(_port.Description.Gids[0]);

    /// <summary>Packets lost at its port or dropped by a stage of its device, for a reason.</summary>
    /// <param name="reason">The reason.</param>
    public long Dropped(DropReason reason) => Pipeline.DroppedPackets[DropReasons.Name(reason)];

    internal FabricPort Port => _port;

    /// <summary>When something is due in the device by itself; <see cref="long.MaxValue"/> when nothing is.</summary>
    internal long NextDeadline => IsPaused || Port.IsClosed || Pipeline.HasFailed
        ? long.MaxValue
        : Math.Min(Pipeline.NextDeadlineNanoseconds, Port.NextLook);

    internal DropTrace Drops { get; }

    /// <summary>Whether a shard is one of its device.</summary>
    internal bool Runs(ShardScheduler? shard) => _shards.Contains(shard);

    internal override void LinkChanged() => _port.LinkChanged();

    internal override void Arrive(FabricPacket packet) => _port.Take(packet);

    /// <summary>A packet leaves the port.</summary>
    internal void Emit(FabricPacket packet)
    {
        if (packet.Targets.Length == 0)
        {
            Fabric.Log.Add(this, FabricEvent.Lost, packet, DropReason.NoRoute, "nobody has this address");
            return;
        }

        FabricHost[] reached = [.. packet.Targets.Where(target => target == this || !IsCutOff(packet, target))];
        // What it sends to itself never leaves it.
        if (reached.Contains(this))
        {
            var own = packet.For([this]);
            Fabric.Log.Add(this, FabricEvent.Sent, own);
            Fabric.Time.Schedule(Fabric.Time.Nanoseconds, () => Arrive(own));
        }

        FabricHost[] others = [.. reached.Where(target => target != this)];
        if (others.Length > 0)
            Forward(others.Length == packet.Targets.Length ? packet : packet.For(others));
    }

    /// <summary>The lane by which packets to a host leave; null when there is none.</summary>
    internal FabricLane? LaneTo(FabricHost host) => host == this ? null : Fabric.Routes.Next(this, host);

    private bool IsCutOff(FabricPacket packet, FabricHost target)
    {
        if (Fabric.FindPartition(this, target) is not { } partition)
            return false;
        Fabric.Log.Add(this, FabricEvent.Lost, packet.For([target]), DropReason.NoRoute, partition.ToString());
        return true;
    }

    // Real addresses differ from run to run. Alignment is kept: atomics look at it.
    private ulong NextAddress(nint pointer, ulong length)
    {
        var address = _nextAddress | ((ulong)pointer & AlignmentMask);
        _nextAddress += ((length + AlignmentMask) / PageSize * PageSize) + (2 * PageSize);
        return address;
    }
}

using System.Security.Cryptography;
using RdmaPipeline.Backends;
using RdmaPipeline.Graph;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing;

/// <summary>
/// Hosts with real devices, switches and links between them, in one process, under one seed and in virtual time: nothing waits for real,
/// and the same seed gives the same packets, bit for bit. It belongs to the thread that made it, and moves only when that thread asks it
/// to: <see cref="RunUntil(Func{bool}, TimeSpan?, string?)"/>, <see cref="Advance"/>, or a poll of a completion queue, which takes one
/// step.
/// </summary>
public sealed partial class RdmaTestFabric : IDisposable
{
    private readonly List<FabricHost> _hosts = [];
    private readonly List<FabricSwitch> _switches = [];
    private readonly List<FabricLink> _links = [];
    private readonly List<FabricPartition> _partitions = [];

    /// <summary>Makes an empty fabric.</summary>
    /// <param name="options">What it is made of; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is wrong; the message names it, its value and the limit.</exception>
    public RdmaTestFabric(RdmaTestFabricOptions? options = null)
    {
        Options = options ?? new RdmaTestFabricOptions();
        Options.Validate();
        Seed = Options.Seed ?? RdmaTestSeeds.Single ?? BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
        Shards = new SeededShards(Seed) { Stepped = AfterStep, Rested = GoOn, Polled = AfterIdlePoll };
        Log = new FabricLog(Time, Options.CaptureBytes);
        Faults = new FabricFaults(this);
        Addresses = new FabricAddresses(Options.LinkType);
        _failures = new FailureWatch();
    }

    /// <summary>What it was made of.</summary>
    public RdmaTestFabricOptions Options { get; }

    /// <summary>What decides everything that is left to chance.</summary>
    public ulong Seed { get; }

    /// <summary>The clock of all. Give it to whatever of the software under test takes a <see cref="TimeProvider"/>.</summary>
    public VirtualTimeProvider Time { get; } = new();

    /// <summary>Virtual time since the beginning.</summary>
    public TimeSpan Now => TimeSpan.FromTicks(Time.Nanoseconds / TimeSpan.NanosecondsPerTick);

    /// <summary>What happened to packets.</summary>
    public FabricLog Log { get; }

    /// <summary>Told of each packet as a host sends it, before anything happens to it, and between two steps.</summary>
    public event Action<FabricPacket>? PacketSent;

    /// <summary>Told of each packet that lies in the receive ring of a host: the host, and the packet as it came.</summary>
    public event Action<FabricHost, FabricPacket>? PacketDelivered;

    /// <summary>The fault script.</summary>
    public FabricFaults Faults { get; }

    /// <summary>The hosts, in the order of their making.</summary>
    public IReadOnlyList<FabricHost> Hosts => _hosts;

    /// <summary>The switches, in the order of their making.</summary>
    public IReadOnlyList<FabricSwitch> Switches => _switches;

    /// <summary>The links, in the order of their making.</summary>
    public IReadOnlyList<FabricLink> Links => _links;

    /// <summary>The partitions that were not healed.</summary>
    public IReadOnlyList<FabricPartition> Partitions => _partitions;

    internal LinkType LinkType => Options.LinkType;

    internal SeededShards Shards { get; }

    internal FabricAddresses Addresses { get; }

    internal FabricRoutes Routes { get; } = new();

    /// <summary>Makes a host with a device.</summary>
    /// <param name="name">Its name; null: <c>host0</c>, <c>host1</c>, …</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// The name is taken, or an option is wrong; the message names it, its value and the limit.
    /// </exception>
    public FabricHost AddHost(string? name = null, FabricHostOptions? options = null)
    {
        options ??= new FabricHostOptions();
        options.Validate();
        var host = new FabricHost(this, NewName(name ?? $"host{_hosts.Count}"), NodeCount, options);
        _hosts.Add(host);
        Addresses.Add(host);
        return host;
    }

    /// <summary>Makes a switch.</summary>
    /// <param name="name">Its name; null: <c>switch0</c>, <c>switch1</c>, …</param>
    /// <param name="forwarding">How long a packet takes through it, 0 to a second; null: 300 ns.</param>
    /// <exception cref="ArgumentException">The name is taken, or the time is out of its range.</exception>
    public FabricSwitch AddSwitch(string? name = null, TimeSpan? forwarding = null)
    {
        var time = forwarding ?? TimeSpan.FromTicks(3);
        Limits.Check(nameof(forwarding), time, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        var made = new FabricSwitch(this, NewName(name ?? $"switch{_switches.Count}"), NodeCount, time);
        _switches.Add(made);
        return made;
    }

    /// <summary>Makes a link between two nodes of this fabric.</summary>
    /// <param name="a">One end.</param>
    /// <param name="b">The other end.</param>
    /// <param name="options">What it does to packets, in both directions; null: <see cref="LinkOptions.Perfect"/>.</param>
    /// <exception cref="ArgumentException">The ends are one, or of another fabric, or an option is wrong.</exception>
    public FabricLink Connect(FabricNode a, FabricNode b, LinkOptions? options = null)
    {
        CheckOwn(a);
        CheckOwn(b);
        if (a == b)
            throw new ArgumentException($"b is {b.Name}, and so is a: a link has two ends.", nameof(b));
        options ??= LinkOptions.Perfect;
        options.Validate();
        var link = new FabricLink(this, a, b, options, _links.Count);
        _links.Add(link);
        Routes.Forget();
        a.Attach(link);
        b.Attach(link);
        return link;
    }

    /// <summary>Parts two hosts: no packet passes between them that is sent from now on.</summary>
    /// <param name="a">One host.</param>
    /// <param name="b">The other.</param>
    /// <returns>The partition, to be healed.</returns>
    public FabricPartition Partition(FabricHost a, FabricHost b) => Partition([a], [b]);

    /// <summary>Parts groups of hosts: no packet passes between them that is sent from now on.</summary>
    /// <param name="one">One side.</param>
    /// <param name="other">The other side; null: all others.</param>
    /// <returns>The partition, to be healed.</returns>
    /// <exception cref="ArgumentException">A host is on both sides, or of another fabric.</exception>
    public FabricPartition Partition(IEnumerable<FabricHost> one, IEnumerable<FabricHost>? other = null)
    {
        FabricHost[] side = [.. one];
        FabricHost[] rest = [.. other ?? _hosts.Except(side)];
        foreach (var host in side.Concat(rest))
            CheckOwn(host);
        var partition = new FabricPartition(this, side, rest);
        _partitions.Add(partition);
        Log.Add(null, FabricEvent.Changed, null, detail: partition.ToString());
        return partition;
    }

    /// <summary>Heals every partition.</summary>
    public void Heal()
    {
        foreach (var partition in _partitions.ToArray())
            Heal(partition);
    }

    internal void Heal(FabricPartition partition)
    {
        if (_partitions.Remove(partition))
            Log.Add(null, FabricEvent.Changed, null, detail: $"{partition} healed");
    }

    internal FabricPartition? FindPartition(FabricHost a, FabricHost b) => _partitions.Find(partition => partition.Parts(a, b));

    internal FabricHost HostOf(RdmaDevice device) => _hosts.Find(host => host.Device == device)
        ?? throw new ArgumentException($"device {device.Name} belongs to no host of this fabric.", nameof(device));

    internal long NextPacketNumber() => ++Log.SentPackets;

    internal void TellSent(FabricPacket packet) => PacketSent?.Invoke(packet);

    internal void TellDelivered(FabricHost host, FabricPacket packet) => PacketDelivered?.Invoke(host, packet);

    internal SplitMix RandomFor(RandomStream use, int number) => new(SplitMix.Mix(SplitMix.Mix(Seed + (ulong)use + 1) + (ulong)number));

    internal void TopologyChanged(string what)
    {
        Routes.Forget();
        Log.Add(null, FabricEvent.Changed, null, detail: what);
    }

    private int NodeCount => _hosts.Count + _switches.Count;

    private string NewName(string name)
    {
        if (string.IsNullOrWhiteSpace(name))
            throw new ArgumentException("name is blank: give one, or null for an automatic one.", nameof(name));
        return _hosts.Cast<FabricNode>().Concat(_switches).Any(node => node.Name == name)
            ? throw new ArgumentException($"name is {name}; this fabric has a node of this name.", nameof(name))
            : name;
    }

    private void CheckOwn(FabricNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (node.Fabric != this)
            throw new ArgumentException($"{node.Name} belongs to another fabric.", nameof(node));
    }
}

using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.NativeIb;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Backends.Loopback;

/// <summary>
/// A software switch between any number of in-memory ports, keyed by GID, on native InfiniBand by LID (R-BE-20). Named fabrics are found by
/// every device of the process that opens <c>mem://name/device</c>; a fabric made by its constructor is private.
/// </summary>
public sealed class LoopbackFabric
{
    private static readonly Dictionary<string, WeakReference<LoopbackFabric>> Fabrics = new(StringComparer.OrdinalIgnoreCase);

    // Attaching and detaching copy the table; the data path reads whichever snapshot is there.
    private readonly Lock _change = new();
    private readonly LoopbackSubnet _subnet = new();
    private readonly LoopbackGroups _groups = new();
    private readonly LoopbackSwitch _switch;
    private Dictionary<UInt128, LoopbackBackend> _ports = [];
    private uint _nextAddress = 0x0A000001;
    private int _nextName;

    /// <summary>Makes a private fabric.</summary>
    /// <param name="name">Name, used in device names and messages.</param>
    public LoopbackFabric(string name = "private")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
        _switch = new LoopbackSwitch(name);
    }

    /// <summary>Name of the fabric.</summary>
    public string Name { get; }

    /// <summary>GIDs that can be reached now.</summary>
    public IReadOnlyCollection<UInt128> Gids => Volatile.Read(ref _ports).Keys;

    /// <summary>Finds or makes the process-wide fabric of this name; it lives while a device or a caller holds it.</summary>
    /// <param name="name">Name; case does not matter, as in a URI.</param>
    /// <returns>The fabric.</returns>
    public static LoopbackFabric Named(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        lock (Fabrics)
        {
            if (Fabrics.TryGetValue(name, out var reference) && reference.TryGetTarget(out var known))
                return known;
            foreach (var dead in Fabrics.Where(f => !f.Value.TryGetTarget(out _)).Select(f => f.Key).ToList())
                Fabrics.Remove(dead);
            var fabric = new LoopbackFabric(name);
            Fabrics[name] = new WeakReference<LoopbackFabric>(fabric);
            return fabric;
        }
    }

    /// <summary>Attaches a new port.</summary>
    /// <param name="options">Name, addresses, limits; null for the defaults.</param>
    /// <returns>The port; disposing it detaches it.</returns>
    /// <exception cref="BackendOpenException">
    /// The name or an address is in use on this fabric, or the fabric carries frames of the other kind.
    /// </exception>
    public LoopbackBackend Open(LoopbackOptions? options = null)
    {
        options ??= new LoopbackOptions();
        options.Validate();
        lock (_change)
        {
            var gids = GidsOf(options);
            var device = options.Device ?? NextName();
            foreach (var other in _ports)
                RefuseDuplicate(device, gids, other.Key, other.Value);
            var port = new LoopbackBackend(this, device, gids, options);
            RefuseOtherLink(port);
            _switch.Add(port);
            if (port.Subnet is not null && options.SubnetManagement)
                _subnet.Sweep(port, options.LidMaskControl);
            var ports = new Dictionary<UInt128, LoopbackBackend>(_ports);
            foreach (var gid in gids)
                ports.Add(gid, port);
            Volatile.Write(ref _ports, ports);
            return port;
        }
    }

    internal LoopbackBackend? Find(UInt128 gid) => Volatile.Read(ref _ports).GetValueOrDefault(gid);

    /// <summary>
    /// Hands a burst to whoever it is for: the members of its group, the sender included if it is one; the port of its LID or GID; the
    /// end of its directed route for the permissive LID, which without hops is the sender itself.
    /// </summary>
    /// <param name="from">The sender.</param>
    /// <param name="burst">The burst; it is the fabric's unless the answer is false.</param>
    /// <returns>False when nobody is there.</returns>
    internal bool Forward(LoopbackBackend from, PacketBurst burst)
    {
        var path = burst.Path;
        if (GidAddress.IsMulticast(path.Destination))
            return ForwardToGroup(from, burst);
        if (from.Subnet is not null && path.DestinationLid == Lrh.PermissiveLid)
            return ForwardByRoutes(from, burst);
        var port = from.Subnet is null ? Find(path.Destination) : _subnet.Find(path.DestinationLid);
        port?.Deliver(burst, from.Pool);
        return port is not null;
    }

    internal void Join(UInt128 group, LoopbackBackend port)
    {
        lock (_change)
            _groups.Add(group, port);
    }

    internal void Leave(UInt128 group, LoopbackBackend port)
    {
        lock (_change)
            _groups.Remove(group, port);
    }

    /// <summary>Configures a native port as a subnet manager asks for.</summary>
    internal bool TryConfigure(LoopbackBackend port, in PortConfiguration wanted)
    {
        lock (_change)
            return !port.IsClosed && _subnet.TryConfigure(port, wanted);
    }

    /// <summary>Brings a native port up again after its cable was out.</summary>
    internal void Sweep(LoopbackBackend port)
    {
        lock (_change)
            if (_ports.ContainsValue(port))
                _subnet.Sweep(port, port.Subnet!.Addressing.LidMaskControl);
    }

    internal void Detach(LoopbackBackend port)
    {
        lock (_change)
        {
            Volatile.Write(ref _ports, _ports.Where(p => !ReferenceEquals(p.Value, port)).ToDictionary());
            _subnet.Remove(port);
            _switch.Remove(port);
            _groups.Remove(port);
        }
    }

    // Packets of one burst may have routes of their own, and hops write into them.
    private bool ForwardByRoutes(LoopbackBackend from, PacketBurst burst)
    {
        for (var i = 0; i < burst.Count; i++)
        {
            var copy = from.Pool.Rent();
            burst.CopyFramesTo(copy);
            copy.Keep(1UL << i);
            if (_switch.Carry(from, copy) is { } to)
            {
                to.Deliver(copy, from.Pool);
                continue;
            }

            from.Counters.Drop(DropReason.NoRoute, 1);
            copy.Release();
        }

        burst.Release();
        return true;
    }

    // Each member but the last gets a copy: receivers write into what they get.
    private bool ForwardToGroup(LoopbackBackend from, PacketBurst burst)
    {
        var members = _groups.MembersOf(burst.Path.Destination);
        if (members.IsEmpty)
            return false;
        foreach (var member in members[..^1])
        {
            var copy = from.Pool.Rent();
            burst.CopyFramesTo(copy);
            member.Deliver(copy, from.Pool);
        }

        members[^1].Deliver(burst, from.Pool);
        return true;
    }

    private UInt128[] GidsOf(LoopbackOptions options)
    {
        var given = options.Addresses.Select(GidAddress.FromIp);
        if (options.LinkType == LinkType.InfiniBand)
            return [_subnet.NextGid(), .. given];
        UInt128[] addresses = options.Addresses.Count > 0 ? [.. given] : [NextGid()];
        return [.. addresses.Prepend(LinkLocalOf(addresses[0])).Distinct()];
    }

    // R-VERB-1: that of the port's MAC, which the codec derives from its first address; addresses may share one, ports may not.
    private UInt128 LinkLocalOf(UInt128 first)
    {
        var gid = GidAddress.FromMac(MacAddress.FromGid(first));
        while (_ports.ContainsKey(gid))
            gid++;
        return gid;
    }

    private void RefuseOtherLink(LoopbackBackend port)
    {
        var other = _ports.Values.FirstOrDefault(p => p.Description.LinkType != port.Description.LinkType);
        if (other is not null)
        {
            throw new BackendOpenException($"mem://{port.Description.Name}: the fabric carries {other.Description.LinkType} frames, "
                + $"{port.Description.LinkType} does not go with it; use another fabric.");
        }
    }

    internal void Assign(LoopbackBackend port, UInt128 gid)
    {
        lock (_change)
        {
            if (port.IsClosed)
                throw new BackendOpenException($"mem://{Name}/{port.DeviceName}: the port is closed.");
            if (_ports.TryGetValue(gid, out var owner))
                throw Taken(port.DeviceName, gid, owner);
            Volatile.Write(ref _ports, new Dictionary<UInt128, LoopbackBackend>(_ports) { [gid] = port });
        }
    }

    internal void Withdraw(LoopbackBackend port, UInt128 gid)
    {
        lock (_change)
        {
            Volatile.Write(ref _ports, _ports.Where(p => p.Key != gid || p.Value != port).ToDictionary());
        }
    }

    private void RefuseDuplicate(string device, UInt128[] gids, UInt128 otherGid, LoopbackBackend other)
    {
        if (other.DeviceName == device)
            throw new BackendOpenException($"mem://{Name}/{device}: a device of this name is open; choose another or close it.");
        if (gids.Contains(otherGid))
            throw Taken(device, otherGid, other);
    }

    private BackendOpenException Taken(string device, UInt128 gid, LoopbackBackend owner) =>
        new($"mem://{Name}/{device}: address {GidAddress.ToIp(gid)} belongs to {owner.DeviceName}; choose another.");

    private UInt128 NextGid()
    {
        // Addresses are not used twice, so that a late packet for a closed device never meets its successor.
        while (_ports.ContainsKey(GidAddress.FromIpv4(_nextAddress)))
            _nextAddress++;
        return GidAddress.FromIpv4(_nextAddress++);
    }

    private string NextName()
    {
        var taken = _ports.Values.Select(p => p.DeviceName).ToHashSet(StringComparer.Ordinal);
        while (taken.Contains($"dev{_nextName}"))
            _nextName++;
        return $"dev{_nextName++}";
    }
}

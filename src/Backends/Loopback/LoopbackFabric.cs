using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.Backends.Loopback;

/// <summary>
/// A software switch between any number of in-memory ports, keyed by GID (R-BE-20). Named fabrics are found by every device of the
/// process that opens <c>mem://name/device</c>; a fabric made by its constructor is private.
/// </summary>
public sealed class LoopbackFabric
{
    private static readonly Dictionary<string, WeakReference<LoopbackFabric>> Fabrics = new(StringComparer.OrdinalIgnoreCase);

    // Attaching and detaching copy the table; the data path reads whichever snapshot is there.
    private readonly Lock _change = new();
    private Dictionary<UInt128, LoopbackBackend> _ports = [];
    private uint _nextAddress = 0x0A000001;
    private int _nextName;

    /// <summary>Makes a private fabric.</summary>
    /// <param name="name">Name, used in device names and messages.</param>
    public LoopbackFabric(string name = "private")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Name = name;
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
    /// <exception cref="BackendOpenException">The name or an address is in use on this fabric.</exception>
    public LoopbackBackend Open(LoopbackOptions? options = null)
    {
        options ??= new LoopbackOptions();
        options.Validate();
        lock (_change)
        {
            var gids = options.Addresses.Count > 0 ? options.Addresses.Select(GidAddress.FromIp).ToArray() : [NextGid()];
            var device = options.Device ?? NextName();
            foreach (var other in _ports)
                RefuseDuplicate(device, gids, other.Key, other.Value);
            var port = new LoopbackBackend(this, device, gids, options);
            var ports = new Dictionary<UInt128, LoopbackBackend>(_ports);
            foreach (var gid in gids)
                ports.Add(gid, port);
            Volatile.Write(ref _ports, ports);
            return port;
        }
    }

    internal LoopbackBackend? Find(UInt128 gid) => Volatile.Read(ref _ports).GetValueOrDefault(gid);

    internal void Detach(LoopbackBackend port)
    {
        lock (_change)
        {
            Volatile.Write(ref _ports, _ports.Where(p => !ReferenceEquals(p.Value, port)).ToDictionary());
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

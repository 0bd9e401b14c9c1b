using RdmaPipeline.Backends;
using RdmaPipeline.Protocol;
using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>
/// What a device says about itself and its port, derived from what its back-end says (verbs.md section 8, R-VERB-1, R-VERB-2), and the
/// tables of the port.
/// </summary>
internal sealed class DevicePort
{
    /// <summary>The only port.</summary>
    public const int Number = 1;

    // What an agent on the port may announce: connection manager, SNMP tunnel, device management, vendor class.
    private const uint SettableCapabilities = 1 << 16 | 1 << 17 | 1 << 19 | 1 << 20;
    private const uint ConnectionManagement = 1 << 16;
    private const int GidTableLength = 1024;
    private const int SpeedMegabitsPerCode = 2500;

    private readonly IPacketBackend _backend;
    private readonly Lock _gate = new();
    private PortAttributes _seen;
    private uint _capabilities = ConnectionManagement;
    private long _qkeyBaseline;
    private long _downs;

    public DevicePort(IPacketBackend backend, DeviceOptions options)
    {
        _backend = backend;
        var description = backend.Description;
        Gids = new GidTable(GidTableLength, GidTypeOf(description.LinkType), description.NetworkInterface);
        Gids.Update(backend.QueryGids());
        Pkeys = new PkeyTable(options.PkeyTableLength);
        Device = MemoryFeatures.AddTo(new DeviceAttributes
        {
            Name = description.Name,
            FirmwareVersion = typeof(DevicePort).Assembly.GetName().Version?.ToString(3) ?? "",
            NodeGuid = description.PortGuid,
            SystemImageGuid = description.PortGuid,
            MaxQueuePairs = options.MaxQueuePairs,
            CompletionVectors = Environment.ProcessorCount,
            MaxMulticastGroups = 8192,
            MaxMulticastQueuePairs = 56,
            MaxMulticastMemberships = 0x70000,
        });
        _seen = Read();
    }

    /// <summary>Identity and limits.</summary>
    public DeviceAttributes Device { get; }

    /// <summary>What carries the packets. Only a native InfiniBand port has LIDs and queue pair 0.</summary>
    public LinkLayer LinkLayer => _backend.Description.LinkType == LinkType.InfiniBand ? LinkLayer.InfiniBand : LinkLayer.Ethernet;

    /// <summary>The base LID now; 0 on Ethernet.</summary>
    public ushort Lid => _backend.QueryLink().Lid;

    /// <summary>EUI-64 of the port.</summary>
    public ulong Guid => _backend.Description.PortGuid;

    /// <summary>The capability mask in force.</summary>
    public uint Capabilities => Volatile.Read(ref _capabilities);

    public GidTable Gids { get; }

    public PkeyTable Pkeys { get; }

    /// <summary>Told of every change of the port that the standard has an event for. Called in the order of the changes.</summary>
    public Action<AsyncEventType>? Changed { get; set; }

    /// <summary>How many packets were dropped for a reason; set once there is a pipeline that counts.</summary>
    public Func<DropReason, long> Drops { get; set; } = static _ => 0;

    /// <summary>How often the link was found to have gone down.</summary>
    public long LinkDowns => Volatile.Read(ref _downs);

    /// <summary>Asks the back-end for the state of the port and its addresses, and tells of what has changed since the last look.</summary>
    /// <returns>The state of the port now.</returns>
    public PortAttributes Look()
    {
        // All under the lock: two threads that look must not tell of their findings in the wrong order.
        lock (_gate)
        {
            var (before, now) = (_seen, Read());
            _seen = now;
            if (before.State == PortState.Active && now.State != PortState.Active)
                Interlocked.Increment(ref _downs);
            foreach (var type in PortChange.Between(before, now))
                Changed?.Invoke(type);
            if (Gids.Update(_backend.QueryGids()))
                Changed?.Invoke(AsyncEventType.GidChange);
            return now;
        }
    }

    /// <summary>Changes an entry of the P_Key table, as a subnet manager would.</summary>
    public void SetPkey(int index, ushort pkey)
    {
        lock (_gate)
        {
            if (Pkeys.Set(index, pkey))
                Changed?.Invoke(AsyncEventType.PkeyChange);
        }
    }

    /// <summary>Changes the port: all or, where a part is not offered, nothing.</summary>
    /// <exception cref="RdmaException">EOPNOTSUPP: the back-end cannot. EINVAL: an unknown capability bit.</exception>
    public void Modify(PortModification change)
    {
        var abilities = _backend.Description.Capabilities;
        if (change.InitType is not null)
            throw NotOffered("init_type is set: only a subnet manager answers it");
        if (change.Shutdown && (abilities & BackendCapabilities.PortControl) == 0)
            throw NotOffered($"shutdown is set: the back-end {_backend.Description.Type} cannot take its port down");
        uint named = change.SetCapabilities | change.ClearCapabilities;
        if ((named & ~SettableCapabilities) != 0)
            throw RdmaException.Invalid($"port_cap_mask names the bits 0x{named:x}; those that may be set are 0x{SettableCapabilities:x}");
        lock (_gate)
        {
            if (change.ResetQkeyCounter)
                _qkeyBaseline = Drops(DropReason.BadQkey);
            _capabilities = (_capabilities | change.SetCapabilities) & ~change.ClearCapabilities;
            if (named != 0 && (abilities & BackendCapabilities.CapabilityMaskEvents) != 0)
                _backend.CapabilityMaskChanged(_capabilities);
        }
        if (change.Shutdown)
            _backend.SetPortState(up: false);
        Look();
    }

    private PortAttributes Read()
    {
        var link = _backend.QueryLink();
        return new PortAttributes
        {
            State = (PortState)(int)link.State,
            PhysicalState = link.State == LinkState.Down ? PortPhysicalState.Disabled : PortPhysicalState.LinkUp,
            LinkLayer = LinkLayer,
            Lid = link.Lid,
            LidMaskControl = link.LidMaskControl,
            SubnetManagerLid = link.SubnetManagerLid,
            MaxMtu = PathMtuExtensions.FromBytes(link.MaxMtu),
            ActiveMtu = PathMtuExtensions.LargestWithin(Math.Max(link.ActiveMtu, Verbs.PathMtu.Mtu256.ToBytes())),
            ActiveSpeed = (int)Math.Max(1, link.SpeedMegabits / SpeedMegabitsPerCode),
            GidTableLength = Gids.Length,
            PkeyTableLength = Pkeys.Length,
            CapabilityFlags = _capabilities,
            BadPkeyCount = Count(Drops(DropReason.BadPkey)),
            BadQkeyCount = Count(Drops(DropReason.BadQkey) - _qkeyBaseline),
        };
    }

    // R-WIRE-28, R-WIRE-29: the counters of a port have 16 bits and stop at the end.
    private static uint Count(long packets) => (uint)Math.Min(packets, ushort.MaxValue);

    private static RdmaException NotOffered(string message) => new(VerbsErrno.EOPNOTSUPP, message);

    private static GidType GidTypeOf(LinkType link) => link switch
    {
        LinkType.RoCEv2 => GidType.RoCEv2,
        LinkType.RoCEv1 => GidType.RoCEv1,
        _ => GidType.InfiniBand,
    };
}

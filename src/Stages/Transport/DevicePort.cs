using RdmaPipeline.Backends;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Transport;

/// <summary>
/// What a device says about itself and its port, derived from what its back-end says (verbs.md section 8, R-VERB-1, R-VERB-2).
/// </summary>
internal sealed class DevicePort
{
    /// <summary>The P_Key table: the default partition, full member (R-WIRE-27).</summary>
    public const ushort DefaultPkey = 0xFFFF;

    private const int SpeedMegabitsPerCode = 2500;
    private readonly IPacketBackend _backend;
    private readonly GidEntry[] _gids;
    private readonly Lock _gate = new();
    private bool _wasUp;
    private long _downs;

    public DevicePort(IPacketBackend backend, DeviceOptions options)
    {
        _backend = backend;
        var description = backend.Description;
        var type = description.LinkType switch
        {
            LinkType.RoCEv2 => GidType.RoCEv2,
            LinkType.RoCEv1 => GidType.RoCEv1,
            _ => GidType.InfiniBand,
        };
        _wasUp = backend.QueryLink().IsUp;
        _gids = [.. description.Gids.Select(gid => new GidEntry(new Gid(gid), type, description.NetworkInterface))];
        Device = new DeviceAttributes
        {
            Name = description.Name,
            FirmwareVersion = typeof(DevicePort).Assembly.GetName().Version?.ToString(3) ?? "",
            NodeGuid = description.PortGuid,
            SystemImageGuid = description.PortGuid,
            MaxQueuePairs = options.MaxQueuePairs,
            CompletionVectors = Environment.ProcessorCount,
        };
    }

    /// <summary>Identity and limits.</summary>
    public DeviceAttributes Device { get; }

    /// <summary>
    /// Raised with <see cref="AsyncEventType.PortActive"/> or <see cref="AsyncEventType.PortError"/> when a look at the link finds it
    /// changed.
    /// </summary>
    public Action<AsyncEventType>? Changed { get; set; }

    /// <summary>How often the link was found to have gone down.</summary>
    public long LinkDowns => Volatile.Read(ref _downs);

    /// <summary>The state of the port now.</summary>
    public PortAttributes Query()
    {
        var link = _backend.QueryLink();
        Notice(link.IsUp);
        return new PortAttributes
        {
            State = (PortState)(int)link.State,
            PhysicalState = link.IsUp ? PortPhysicalState.LinkUp : PortPhysicalState.Disabled,
            LinkLayer = _backend.Description.LinkType == LinkType.InfiniBand ? LinkLayer.InfiniBand : LinkLayer.Ethernet,
            MaxMtu = PathMtuExtensions.FromBytes(link.MaxMtu),
            ActiveMtu = PathMtuExtensions.LargestWithin(Math.Max(link.ActiveMtu, Verbs.PathMtu.Mtu256.ToBytes())),
            ActiveSpeed = (int)Math.Max(1, link.SpeedMegabits / SpeedMegabitsPerCode),
        };
    }

    /// <summary>A slot of the GID table; null when it is empty.</summary>
    public GidEntry? Gid(int index) => index >= 0 && index < _gids.Length ? _gids[index] : null;

    private void Notice(bool isUp)
    {
        lock (_gate)
        {
            if (isUp == _wasUp)
                return;
            _wasUp = isUp;
            if (!isUp)
                _downs++;
        }
        Changed?.Invoke(isUp ? AsyncEventType.PortActive : AsyncEventType.PortError);
    }
}

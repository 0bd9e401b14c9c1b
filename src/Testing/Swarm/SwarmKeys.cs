using RdmaPipeline.Testing.Model;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>The keys of one end that come and go by work requests: windows for its peer, and a fast registration for itself.</summary>
internal sealed class SwarmKeys(SwarmEnd end)
{
    private const int MostWindows = 6;
    private const int MaxPages = 512;

    private readonly List<MemoryWindow> _bound = [];
    private readonly Queue<MemoryWindow> _free = [];
    private readonly Dictionary<uint, MemoryWindow> _lent = [];
    private MemoryRegion? _region;
    private int _windows;
    private bool _isRegistered;

    /// <summary>A window that the peer may use now; null when there is none.</summary>
    public MemoryWindow? Usable => _bound.Count == 0 ? null : _bound[end.Device.Random.Below(_bound.Count)];

    /// <summary>A bind of a window that is free to a part of the target; null when there are enough.</summary>
    public MemoryWindowBinding? Bind()
    {
        if (!_free.TryDequeue(out var window))
        {
            if (_windows == MostWindows) return null;
            _windows++;
            window = end.Device.Domain.AllocateWindow(
                end.Device.Random.Pick(MemoryWindowType.Type1, MemoryWindowType.Type2A, MemoryWindowType.Type2B));
        }

        var target = end.Device.Target.Region;
        return new MemoryWindowBinding(window, target, target.Address, target.Length, SwarmDevice.Remote);
    }

    public void Bound(MemoryWindow window) => _bound.Add(window);

    /// <summary>A key for the peer to end: of a window, that nothing posted later uses, or of a small region.</summary>
    public uint Lend()
    {
        if (_bound.Find(window => window.Type != MemoryWindowType.Type1) is { } bound)
        {
            _bound.Remove(bound);
            _lent[bound.RemoteKey] = bound;
            return bound.RemoteKey;
        }

        var (device, bytes) = (end.Device, new byte[16]);
        var region = device.Domain.RegisterMemory(
            bytes, AccessFlags.LocalWrite | AccessFlags.RemoteWrite, device.NextAddress(bytes.Length), peerMayInvalidate: true);
        device.Model.Register(region, device.Model.Add(bytes));
        return region.RemoteKey;
    }

    /// <summary>The peer has ended a key: a window can be bound again.</summary>
    public void Ended(uint key)
    {
        if (_lent.Remove(key, out var window)) _free.Enqueue(window);
    }

    /// <summary>A registration of a slot, by the addresses that it has anyway; null while there is one.</summary>
    public FastRegistration? Register(int offset, int length)
    {
        if (_isRegistered) return null;
        var sources = end.Sources;
        _region ??= end.Device.Domain.AllocateRegion(MemoryRegionType.FastRegistration, MaxPages);
        if (_region.Map([sources.Piece(offset, length)], iova: sources.Region.Address + (ulong)offset) != 1)
            throw new ModelViolationException($"{length} bytes do not fit {MaxPages} pages");
        end.Device.Model.Map(_region, sources.Model, offset);
        _isRegistered = true;
        return new FastRegistration(_region, AccessFlags.LocalWrite);
    }

    public void Invalidated() => _isRegistered = false;
}

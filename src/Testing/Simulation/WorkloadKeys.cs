using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>
/// The keys of one end that come and go by work requests: windows over all its memory, which its peer may use and then ends, and a fast
/// registration for work requests of its own.
/// </summary>
internal sealed class WorkloadKeys(ProtectionDomain domain, WorkloadMemory memory)
{
    private const int MaxPages = 512;

    private readonly Queue<MemoryWindow> _bound = [];
    private readonly Queue<MemoryWindow> _free = [];
    private MemoryRegion? _region;

    /// <summary>The registration made last.</summary>
    public FastRegistration? Registration { get; private set; }

    /// <summary>A bind of a window that is free.</summary>
    public MemoryWindowBinding Bind(MemoryWindowType type)
    {
        if (!_free.TryDequeue(out var window)) window = domain.AllocateWindow(type);
        var region = memory.Region;
        return new MemoryWindowBinding(window, region, region.Address, region.Length, WorkloadMemory.Remote);
    }

    /// <summary>A bind has completed: the peer may use the window.</summary>
    public void Bound(MemoryWindow window) => _bound.Enqueue(window);

    /// <summary>The key of a window that the peer may use now, or 0.</summary>
    public uint WindowKey => _bound.TryPeek(out var window) ? window.RemoteKey : 0;

    /// <summary>Gives a window to the peer to end it; from now on no more work requests use it.</summary>
    public MemoryWindow? Lend() => _bound.TryDequeue(out var window) ? window : null;

    /// <summary>The peer has ended a window: it can be bound again.</summary>
    public void Ended(MemoryWindow window) => _free.Enqueue(window);

    /// <summary>A registration of a slot, by the addresses that it has anyway.</summary>
    public FastRegistration Register(int offset, int length)
    {
        _region ??= domain.AllocateRegion(MemoryRegionType.FastRegistration, MaxPages);
        if (_region.Map([memory.Piece(offset, length)], iova: memory.Region.Address + (ulong)offset) != 1)
            throw new SimulationFailureException($"{length} bytes do not fit {MaxPages} pages");
        return Registration = new FastRegistration(_region, AccessFlags.LocalWrite);
    }

    /// <summary>Memory that the peer may end by its key.</summary>
    public MemoryRegion LendRegion() =>
        domain.RegisterMemory(new byte[16], AccessFlags.LocalWrite | AccessFlags.RemoteWrite, peerMayInvalidate: true);
}

using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.NativeIb;

namespace RdmaPipeline.Backends.Loopback;

/// <summary>
/// The subnet of a fabric of native ports: who has which LID, and the static assignment that stands for a subnet manager (R-BE-52). The
/// caller serialises changes; the data path reads whichever snapshot is there.
/// </summary>
internal sealed class LoopbackSubnet
{
    /// <summary>The LID the fabric itself answers to.</summary>
    public const ushort ManagerLid = 1;

    private const uint LocallyAdministered = 0x0200_0000;
    private static readonly UInt128 LinkLocalPrefix = new(0xFE80_0000_0000_0000, 0);

    private Dictionary<ushort, LoopbackBackend> _lids = [];
    private uint _nextGuid = 1;
    private int _nextLid = ManagerLid + 1;

    /// <summary>The default GID of a new port: link-local prefix and a GUID that no port had before.</summary>
    public UInt128 NextGid() => LinkLocalPrefix | ((ulong)LocallyAdministered << 32) | _nextGuid++;

    /// <summary>The port that answers to a unicast LID, path bits included.</summary>
    public LoopbackBackend? Find(ushort lid) => Volatile.Read(ref _lids).GetValueOrDefault(lid);

    /// <summary>Gives a port a LID if it has none and brings it from INIT over ARMED to ACTIVE.</summary>
    /// <param name="port">The port.</param>
    /// <param name="lidMaskControl">Its LMC.</param>
    /// <exception cref="BackendOpenException">All LIDs have been given out.</exception>
    public void Sweep(LoopbackBackend port, int lidMaskControl)
    {
        var subnet = port.Subnet!;
        if (subnet.Addressing.Lid == 0)
            subnet.Assign(NextLid(port, lidMaskControl), lidMaskControl, ManagerLid);
        Publish(port);
        subnet.TryMove(LinkState.Armed);
        subnet.TryMove(LinkState.Active);
    }

    /// <summary>Makes the switch follow the LID that a port has now.</summary>
    public void Publish(LoopbackBackend port)
    {
        var lids = Without(port);
        var addressing = port.Subnet!.Addressing;
        for (var bits = 0; addressing.Lid != 0 && bits < 1 << addressing.LidMaskControl; bits++)
            lids[(ushort)(addressing.Lid + bits)] = port;
        Volatile.Write(ref _lids, lids);
    }

    /// <summary>Forgets a port.</summary>
    public void Remove(LoopbackBackend port) => Volatile.Write(ref _lids, Without(port));

    private Dictionary<ushort, LoopbackBackend> Without(LoopbackBackend port) =>
        _lids.Where(l => !ReferenceEquals(l.Value, port)).ToDictionary();

    // LIDs are not used twice, so that a late packet for a closed device never meets its successor.
    private ushort NextLid(LoopbackBackend port, int lidMaskControl)
    {
        var count = 1 << lidMaskControl;
        var lid = (_nextLid + count - 1) & -count;
        if (lid + count > Lrh.FirstMulticastLid)
            throw new BackendOpenException($"mem://{port.Description.Name}: the fabric has given out all its LIDs; use another fabric.");
        _nextLid = lid + count;
        return (ushort)lid;
    }
}

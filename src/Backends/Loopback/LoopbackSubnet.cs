using RdmaPipeline.Backends.Framing;
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

    private Dictionary<ushort, LoopbackBackend> _lids = [];
    private uint _nextGuid = 1;
    private int _nextLid = ManagerLid + 1;

    /// <summary>The default GID of a new port: link-local prefix and a GUID that no port had before.</summary>
    public UInt128 NextGid() => new(GidAddress.LinkLocalPrefix, ((ulong)LocallyAdministered << 32) | _nextGuid++);

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

    /// <summary>Does what a subnet manager of the user's asks for: all or, where that cannot be, nothing.</summary>
    /// <param name="port">The port.</param>
    /// <param name="wanted">What it shall have.</param>
    /// <returns>False when a LID is no port's or another's, or the state has no such step.</returns>
    public bool TryConfigure(LoopbackBackend port, in PortConfiguration wanted)
    {
        var subnet = port.Subnet!;
        if (!IsFree(port, wanted.Lid, wanted.LidMaskControl) || !NativePort.IsUnicast(wanted.ManagerLid))
            return false;
        if (wanted.State is { } state && !subnet.MayMove(state))
            return false;
        subnet.Assign(wanted.Lid, wanted.LidMaskControl, wanted.ManagerLid);
        Publish(port);
        if (wanted.State == LinkState.Down)
            subnet.Reset();
        else if (wanted.State is { } next)
            subnet.TryMove(next);
        return true;
    }

    private bool IsFree(LoopbackBackend port, ushort lid, int lidMaskControl)
    {
        var last = lid + (1 << lidMaskControl) - 1;
        if (!NativePort.IsUnicast(lid) || !NativePort.IsUnicast((ushort)last) || (lid & ((1 << lidMaskControl) - 1)) != 0)
            return false;
        return !(lid <= ManagerLid && ManagerLid <= last)
            && !_lids.Any(owned => owned.Key >= lid && owned.Key <= last && !ReferenceEquals(owned.Value, port));
    }

    private void Publish(LoopbackBackend port)
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
        while (Enumerable.Range(lid, count).Any(taken => _lids.ContainsKey((ushort)taken)))
            lid += count;
        if (lid + count > Lrh.FirstMulticastLid)
            throw new BackendOpenException($"mem://{port.Description.Name}: the fabric has given out all its LIDs; use another fabric.");
        _nextLid = lid + count;
        return (ushort)lid;
    }
}

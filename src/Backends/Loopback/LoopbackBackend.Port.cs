using System.Net;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Backends.Management;
using RdmaPipeline.Backends.NativeIb;

namespace RdmaPipeline.Backends.Loopback;

/// <content>The port: its link, its addresses, its groups.</content>
public sealed partial class LoopbackBackend
{
    /// <summary>The port on its subnet; null on Ethernet.</summary>
    internal SubnetPort? Subnet { get; }

    private LinkState State => !_linkUp || _closed ? LinkState.Down : Subnet?.State ?? LinkState.Active;

    /// <summary>
    /// Plugs or pulls the cable: while it is out, what is sent or arrives is lost and counted. The device hears of it before this returns.
    /// Any thread.
    /// </summary>
    /// <param name="up">Whether the link carries packets; a native port comes up in INIT and needs its subnet manager then.</param>
    public void SetLink(bool up)
    {
        if (up && !_linkUp)
            Subnet?.Reset();
        _linkUp = up;
        if (up && Subnet is not null && _sweeps)
            _fabric.Sweep(this);
        Volatile.Read(ref _tell)(BackendEvent.PortChanged);
    }

    /// <summary>Gives the port one more address. The device hears of it before this returns. Any thread.</summary>
    /// <param name="address">IPv4 or IPv6.</param>
    /// <exception cref="BackendOpenException">A port of the fabric has this address, or this port is closed.</exception>
    public void AddAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        _fabric.Assign(this, GidAddress.FromIp(address));
        ChangeGids(gids => [.. gids, GidAddress.FromIp(address)]);
    }

    /// <summary>
    /// Takes an address away from the port, if it has it: what is sent there is lost from now on. Its own link-local one stays (R-VERB-1).
    /// Any thread.
    /// </summary>
    /// <param name="address">IPv4 or IPv6.</param>
    public void RemoveAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (GidAddress.FromIp(address) == Description.Gids[0])
            return;
        _fabric.Withdraw(this, GidAddress.FromIp(address));
        ChangeGids(gids => [.. gids.Where(gid => gid != GidAddress.FromIp(address))]);
    }

    /// <inheritdoc/>
    public IReadOnlyList<IManagementAgent> ManagementAgents { get; }

    /// <inheritdoc/>
    public bool CanReach(UInt128 source, UInt128 destination) =>
        (Subnet is not null || GidAddress.IsIpv4(source) == GidAddress.IsIpv4(destination))
        && (GidAddress.IsMulticast(destination) || _fabric.Find(destination) is not null);

    /// <inheritdoc/>
    public void JoinGroup(UInt128 group) => _fabric.Join(group, this);

    /// <inheritdoc/>
    public void LeaveGroup(UInt128 group) => _fabric.Leave(group, this);

    /// <inheritdoc/>
    public LinkStatus QueryLink() => new(State, Description.ActiveMtu, Description.MaxMtu, SpeedMegabits: 0)
    {
        Lid = Subnet?.Addressing.Lid ?? 0,
        LidMaskControl = Subnet?.Addressing.LidMaskControl ?? 0,
        SubnetManagerLid = Subnet?.ManagerLid ?? 0,
    };

    /// <inheritdoc/>
    public IReadOnlyList<UInt128> QueryGids() => Volatile.Read(ref _gids);

    /// <inheritdoc/>
    public void Listen(Action<BackendEvent> listener) => Volatile.Write(ref _tell, listener);

    /// <inheritdoc/>
    public void SetPortState(bool up) => SetLink(up);

    /// <inheritdoc/>
    public bool TryConfigure(in PortConfiguration wanted)
    {
        if (Subnet is null || !_fabric.TryConfigure(this, wanted))
            return false;
        Volatile.Read(ref _tell)(BackendEvent.PortChanged);
        return true;
    }

    /// <inheritdoc/>
    public void AskToReregister() => Volatile.Read(ref _tell)(BackendEvent.ClientReregister);

    private void ChangeGids(Func<UInt128[], UInt128[]> change)
    {
        var seen = Volatile.Read(ref _gids);
        while (Interlocked.CompareExchange(ref _gids, change(seen), seen) is { } now && now != seen)
            seen = now;
        do
        {
            seen = Volatile.Read(ref _gids);
            Subnet?.Addressing.SetGids(seen);
        }
        while (seen != Volatile.Read(ref _gids));
        Volatile.Read(ref _tell)(BackendEvent.PortChanged);
    }
}

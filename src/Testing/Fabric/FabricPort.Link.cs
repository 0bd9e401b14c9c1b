using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.Testing;

/// <content>The port: its state, its addresses, its groups.</content>
internal sealed partial class FabricPort
{
    private const ulong LocallyAdministered = 0x0200_0000_0000_0000;
    private const long BitsPerMegabit = 1_000_000;

    private Action<BackendEvent> _listener = static _ => { };
    private bool _isUp = true;
    private bool _isClosed;
    private bool _wasActive = true;

    /// <summary>LID of a native port; 0 on Ethernet.</summary>
    public ushort Lid { get; }

    /// <summary>Whether the device was closed.</summary>
    public bool IsClosed => _isClosed;

    // A port that was never cabled counts as up: a device may be made ready before its links are.
    private bool IsActive => _isUp && !_isClosed && (_host.Links.Count == 0 || _host.Links.Any(link => link.IsUp));

    public bool CanReach(UInt128 source, UInt128 destination) =>
        (Lid != 0 || GidAddress.IsIpv4(source) == GidAddress.IsIpv4(destination))
        && (GidAddress.IsMulticast(destination) || _host.Fabric.Addresses.Find(destination) is not null);

    public void JoinGroup(UInt128 group) => _host.Fabric.Addresses.Join(group, _host);

    public void LeaveGroup(UInt128 group) => _host.Fabric.Addresses.Leave(group, _host);

    public LinkStatus QueryLink() => new(
        IsActive ? LinkState.Active : LinkState.Down, Description.ActiveMtu, Description.MaxMtu,
        (long)(_host.Links.Select(link => link.From(_host).Options.BitsPerSecond).DefaultIfEmpty(0).Max() / BitsPerMegabit))
    {
        Lid = Lid,
        SubnetManagerLid = Lid == 0 ? (ushort)0 : FabricAddresses.ManagerLid,
    };

    public void Listen(Action<BackendEvent> listener) => _listener = listener;

    public void SetPortState(bool up)
    {
        if (up == _isUp)
            return;
        _isUp = up;
        _host.Fabric.TopologyChanged($"port of {_host.Name} {(up ? "up" : "down")}");
        LinkChanged();
    }

    /// <summary>A link has come, or gone up or down.</summary>
    public void LinkChanged()
    {
        if (IsActive == _wasActive)
            return;
        _wasActive = IsActive;
        _listener(BackendEvent.PortChanged);
    }

    /// <summary>Tells the device of something.</summary>
    public void Tell(BackendEvent happened) => _listener(happened);
}

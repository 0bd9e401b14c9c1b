using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.Testing;

/// <summary>Who on a fabric has which address and is in which multicast group.</summary>
internal sealed class FabricAddresses(LinkType link)
{
    private const uint FirstIpv4 = 0x0A00_0001;
    private const ushort FirstLid = 2;
    private const ulong LocallyAdministered = 0x0200_0000_0000_0000;

    private static readonly UInt128 LinkLocalPrefix = new(0xFE80_0000_0000_0000, 0);

    private readonly Dictionary<UInt128, FabricHost> _hosts = [];
    private readonly Dictionary<ushort, FabricHost> _lids = [];
    private readonly Dictionary<UInt128, List<FabricHost>> _groups = [];
    private uint _nextIpv4 = FirstIpv4;
    private ulong _nextGuid = 1;
    private ushort _nextLid = FirstLid;

    /// <summary>LID of whoever assigns them.</summary>
    public const ushort ManagerLid = 1;

    /// <summary>The GIDs of a new host.</summary>
    public UInt128[] GidsFor(FabricHostOptions options)
    {
        UInt128[] given = [.. options.Addresses.Select(GidAddress.FromIp)];
        var taken = Array.FindIndex(given, _hosts.ContainsKey);
        if (taken >= 0)
        {
            throw new ArgumentException(
                $"Addresses[{taken}] is {options.Addresses[taken]}; {_hosts[given[taken]].Name} has it.", nameof(options));
        }

        if (link == LinkType.InfiniBand)
            return [LinkLocalPrefix | LocallyAdministered | _nextGuid++, .. given];
        return given.Length > 0 ? given : [NextIpv4()];
    }

    /// <summary>The LID of a new host; 0 on Ethernet.</summary>
    public ushort NextLid() => link == LinkType.InfiniBand ? _nextLid++ : (ushort)0;

    public void Add(FabricHost host)
    {
        foreach (var gid in host.Port.Description.Gids)
            _hosts.Add(gid, host);
        if (host.Port.Lid != 0)
            _lids.Add(host.Port.Lid, host);
    }

    /// <summary>The host that has a GID.</summary>
    public FabricHost? Find(UInt128 gid) => _hosts.GetValueOrDefault(gid);

    /// <summary>The host that has a LID.</summary>
    public FabricHost? Find(ushort lid) => _lids.GetValueOrDefault(lid);

    /// <summary>The members of a group, in the order in which they joined.</summary>
    public IReadOnlyList<FabricHost> MembersOf(UInt128 group) => _groups.GetValueOrDefault(group) ?? [];

    public void Join(UInt128 group, FabricHost host)
    {
        if (!_groups.TryGetValue(group, out var members))
            _groups[group] = members = [];
        if (!members.Contains(host))
            members.Add(host);
    }

    public void Leave(UInt128 group, FabricHost host) => _groups.GetValueOrDefault(group)?.Remove(host);

    private UInt128 NextIpv4()
    {
        while (_hosts.ContainsKey(GidAddress.FromIpv4(_nextIpv4)))
            _nextIpv4++;
        return GidAddress.FromIpv4(_nextIpv4++);
    }
}

using System.Net;
using System.Net.NetworkInformation;
using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.Backends.Udp;

/// <summary>The network interface that owns a local address.</summary>
/// <param name="Name">Its name, such as <c>eth0</c>.</param>
/// <param name="Mtu">Its MTU in bytes.</param>
/// <param name="IsUp">Whether it can carry packets; an interface that does not tell, as loopback, is taken to be up.</param>
/// <param name="SpeedMegabits">Its speed in megabits per second; 0 if it has none.</param>
/// <param name="Index">Its number, from 1.</param>
internal readonly record struct LocalInterface(string Name, int Mtu, bool IsUp, long SpeedMegabits, int Index)
{
    /// <summary>Asks the system. Control path: enumerates interfaces.</summary>
    /// <returns>Null when the address is not of this machine.</returns>
    public static LocalInterface? Owning(IPAddress address)
    {
        foreach (var candidate in NetworkInterface.GetAllNetworkInterfaces())
        {
            var properties = candidate.GetIPProperties();
            if (properties.UnicastAddresses.Any(unicast => Owns(candidate, unicast, address)))
                return Describe(candidate, properties, address);
        }

        return null;
    }

    private static LocalInterface Describe(NetworkInterface owner, IPInterfaceProperties properties, IPAddress address)
    {
        var (mtu, index) = GidAddress.IsIpv4(GidAddress.FromIp(address))
            ? (properties.GetIPv4Properties().Mtu, properties.GetIPv4Properties().Index)
            : (properties.GetIPv6Properties().Mtu, properties.GetIPv6Properties().Index);
        var up = owner.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown;
        return new LocalInterface(owner.Name, mtu, up, Math.Max(0, owner.Speed / 1_000_000), index);
    }

    // The loopback interface owns its whole prefix: 127.0.0.2 needs no configuration.
    private static bool Owns(NetworkInterface candidate, UnicastIPAddressInformation unicast, IPAddress address)
    {
        if (GidAddress.FromIp(unicast.Address) == GidAddress.FromIp(address))
            return address.AddressFamily == unicast.Address.AddressFamily && SameScope(unicast.Address, address);
        return candidate.NetworkInterfaceType == NetworkInterfaceType.Loopback && IPAddress.IsLoopback(address)
            && IPAddress.IsLoopback(unicast.Address) && address.AddressFamily == unicast.Address.AddressFamily;
    }

    private static bool SameScope(IPAddress owned, IPAddress asked) =>
        !asked.IsIPv6LinkLocal || asked.ScopeId == 0 || asked.ScopeId == owned.ScopeId;
}

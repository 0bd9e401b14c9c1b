using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace RdmaPipeline.Backends.Udp;

/// <summary>The addresses of this machine on which a <c>udp://</c> back-end can be opened.</summary>
internal static class UdpAddresses
{
    /// <summary>URIs of all addresses of the interfaces that are up; a link-local one needs more than an address and is left out.</summary>
    public static IReadOnlyList<string> Uris() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => !address.IsIPv6LinkLocal)
            .Distinct()
            .Select(UriOf)
            .Where(CanOpen),
    ];

    public static string UriOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 ? $"udp://[{address}]" : $"udp://{address}";

    // Another process, or Soft-RoCE, may have the port of an address.
    private static bool CanOpen(string uri)
    {
        try
        {
            PacketBackends.Open(uri).Dispose();
            return true;
        }
        catch (BackendOpenException)
        {
            return false;
        }
    }
}

using System.Net;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Udp;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <summary>Loopback addresses and ports of a test's own, so that tests may run beside each other and beside other programs.</summary>
internal static class LocalAddresses
{
    private const int AddressInUse = 98;
    private static int _lastHost;

    public static IPAddress NextIPv4() => IPAddress.Parse($"127.0.0.{2 + (Interlocked.Increment(ref _lastHost) % 250)}");

    /// <summary>Opens by a port that is free on every address the test needs.</summary>
    public static T WithFreePort<T>(Func<int, T> open)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return open(Random.Shared.Next(10000, 30000));
            }
            catch (BackendOpenException e) when (e.Errno == AddressInUse && attempt < 100)
            {
            }
        }
    }

    public static BackendPair OpenPair(UdpOptions template) => WithFreePort(port =>
    {
        var sender = new UdpBackend(template with { Address = NextIPv4(), Port = port });
        try
        {
            return new BackendPair(sender, new UdpBackend(template with { Address = NextIPv4(), Port = port }));
        }
        catch
        {
            sender.Dispose();
            throw;
        }
    });
}

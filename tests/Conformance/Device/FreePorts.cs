using System.Net;
using System.Net.Sockets;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Addresses and ports on the loopback interface that no other test run of this machine uses.</summary>
internal static class FreePorts
{
    /// <summary>A UDP port that is free on every loopback address now.</summary>
    public static int Next()
    {
        using var probe = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp) { DualMode = true };
        probe.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    /// <summary>An address of 127/8 that belongs to this process.</summary>
    public static IPAddress LoopbackAddress(int index)
    {
        int process = Environment.ProcessId;
        return new IPAddress([127, (byte)(1 + (process >> 8) % 250), (byte)process, (byte)(1 + index)]);
    }
}

using System.Net;
using RdmaPipeline.Backends.Decorators;
using RdmaPipeline.Backends.Loopback;
using RdmaPipeline.Backends.Udp;
using Xunit.Abstractions;

namespace RdmaPipeline.ConformanceTests.Backends;

public sealed class UdpIPv4Conformance(ITestOutputHelper output)
    : BackendConformance(output, LocalAddresses.OpenPair(new UdpOptions { Address = IPAddress.Loopback }));

public sealed class UdpIPv4WithoutOffloadsConformance(ITestOutputHelper output)
    : BackendConformance(output, LocalAddresses.OpenPair(new UdpOptions { Address = IPAddress.Loopback, Offloads = false }));

public sealed class UdpIPv6Conformance(ITestOutputHelper output) : BackendConformance(output, Open(offloads: true))
{
    internal static BackendPair Open(bool offloads)
    {
        var backend = LocalAddresses.WithFreePort(
            port => new UdpBackend(new UdpOptions { Address = IPAddress.IPv6Loopback, Port = port, Offloads = offloads }));
        return new BackendPair(backend, backend);
    }
}

public sealed class UdpIPv6WithoutOffloadsConformance(ITestOutputHelper output)
    : BackendConformance(output, UdpIPv6Conformance.Open(offloads: false));

public sealed class FaultlessInjectorConformance(ITestOutputHelper output) : BackendConformance(output, Open())
{
    private static BackendPair Open()
    {
        var fabric = new LoopbackFabric();
        var plan = new FaultPlan { Seed = 1 };
        return new BackendPair(new FaultInjectingBackend(fabric.Open(), plan), new FaultInjectingBackend(fabric.Open(), plan));
    }
}

/// <summary>Every packet is judged and passes: the way through the injector itself.</summary>
public sealed class MercifulInjectorConformance(ITestOutputHelper output) : BackendConformance(output, Open())
{
    private static BackendPair Open()
    {
        var plan = new FaultPlan { Seed = 1, Script = (_, _, _) => FaultKind.None };
        var pair = LocalAddresses.OpenPair(new UdpOptions { Address = IPAddress.Loopback });
        return new BackendPair(new FaultInjectingBackend(pair.Sender, plan), new FaultInjectingBackend(pair.Receiver, plan));
    }
}

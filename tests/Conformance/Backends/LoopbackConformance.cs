using System.Net;
using RdmaPipeline.Backends;
using RdmaPipeline.Backends.Loopback;
using Xunit.Abstractions;

namespace RdmaPipeline.ConformanceTests.Backends;

public sealed class LoopbackConformance(ITestOutputHelper output) : BackendConformance(output, Open())
{
    private static BackendPair Open()
    {
        var fabric = new LoopbackFabric();
        return new BackendPair(fabric.Open(), fabric.Open());
    }
}

public sealed class LoopbackIPv6Conformance(ITestOutputHelper output) : BackendConformance(output, Open())
{
    private static BackendPair Open()
    {
        var fabric = new LoopbackFabric();
        return new BackendPair(
            fabric.Open(new LoopbackOptions { Addresses = [IPAddress.Parse("fd00::1")] }),
            fabric.Open(new LoopbackOptions { Addresses = [IPAddress.Parse("fd00::2")] }));
    }
}

public sealed class LoopbackWithoutIcrcConformance(ITestOutputHelper output) : BackendConformance(output, Open())
{
    private static BackendPair Open()
    {
        var fabric = new LoopbackFabric();
        var options = new LoopbackOptions { Icrc = false };
        return new BackendPair(fabric.Open(options), fabric.Open(options));
    }
}

public sealed class LoopbackToItselfConformance(ITestOutputHelper output) : BackendConformance(output, Open())
{
    private static BackendPair Open()
    {
        var port = new LoopbackFabric().Open();
        return new BackendPair(port, port);
    }
}

public sealed class NativeGlobalConformance(ITestOutputHelper output) : BackendConformance(output, Open())
{
    internal static BackendPair Open(bool crc = true, int lmc = 0)
    {
        var fabric = new LoopbackFabric();
        var options = new LoopbackOptions { LinkType = LinkType.InfiniBand, Icrc = crc, LidMaskControl = lmc };
        return new BackendPair(fabric.Open(options), fabric.Open(options));
    }
}

public sealed class NativeLocalConformance(ITestOutputHelper output)
    : BackendConformance(output, NativeGlobalConformance.Open(lmc: 3), isLocal: true);

public sealed class NativeWithoutCrcConformance(ITestOutputHelper output)
    : BackendConformance(output, NativeGlobalConformance.Open(crc: false), isLocal: true);

public sealed class NativeToItselfConformance(ITestOutputHelper output) : BackendConformance(output, Open())
{
    private static BackendPair Open()
    {
        var port = new LoopbackFabric().Open(new LoopbackOptions { LinkType = LinkType.InfiniBand });
        return new BackendPair(port, port);
    }
}

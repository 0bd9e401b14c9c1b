using RdmaPipeline.Backends.Framing.Headers;

namespace RdmaPipeline.ConformanceTests.Backends;

/// <summary>Multicast groups of a test's own, so that tests may run beside each other.</summary>
internal static class TestGroup
{
    private static int _last = Random.Shared.Next(0x100_0000);

    /// <summary>A group of the family of an address: 239/8, or ff1e::.</summary>
    public static UInt128 Like(UInt128 address)
    {
        var number = (uint)(Interlocked.Increment(ref _last) & 0xFF_FFFF);
        return GidAddress.IsIpv4(address) ? GidAddress.FromIpv4(0xEF00_0000 | number) : ((UInt128)0xFF1E << 112) | number;
    }
}

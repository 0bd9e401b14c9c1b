using RdmaPipeline.Backends.Captures;

namespace RdmaPipeline.Testing.Captures;

/// <summary>What an interface description block says.</summary>
/// <param name="LinkType">What its packets begin with.</param>
/// <param name="SnapLength">The longest packet kept; 0 for no limit.</param>
/// <param name="TicksPerSecond">Resolution of its time stamps.</param>
internal readonly record struct PcapNgInterface(LinkLayerType LinkType, uint SnapLength, ulong TicksPerSecond)
{
    private const double NanosecondsPerSecond = 1e9;

    public long ToNanoseconds(ulong ticks) => TicksPerSecond switch
    {
        1_000_000 => (long)(ticks * 1000),
        1_000_000_000 => (long)ticks,
        _ => (long)(((ticks / TicksPerSecond) * NanosecondsPerSecond) + ((ticks % TicksPerSecond) * NanosecondsPerSecond / TicksPerSecond)),
    };
}

using RdmaPipeline.Backends;

namespace RdmaPipeline.Cli.PingPong;

/// <summary>What the back-end moved, and how the ICRC of what it received was checked.</summary>
/// <param name="Sent">Packets given to the network.</param>
/// <param name="Received">Packets taken from it.</param>
/// <param name="Icrc32">All 32 bits of the ICRC were right.</param>
/// <param name="Icrc16">Right in the 16 bits that can be checked where the IPv4 header is not visible.</param>
/// <param name="IcrcWrong">Dropped for a wrong ICRC.</param>
public sealed record PingPongWire(long Sent, long Received, long Icrc32, long Icrc16, long IcrcWrong)
{
    public static PingPongWire Of(BackendCounters counters) => new(counters.Sent.Packets, counters.Received.Packets,
        counters.Icrc.Valid32, counters.Icrc.Valid16, counters.Icrc.Invalid);

    /// <summary>What was added since <paramref name="before"/>.</summary>
    public PingPongWire Since(PingPongWire before) => new(Sent - before.Sent, Received - before.Received,
        Icrc32 - before.Icrc32, Icrc16 - before.Icrc16, IcrcWrong - before.IcrcWrong);
}

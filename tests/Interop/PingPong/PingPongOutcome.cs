using System.Text.Json.Nodes;
using RdmaPipeline.InteropTests.Rxe;

namespace RdmaPipeline.InteropTests.PingPong;

/// <summary>What both ends printed, our report, and by how much the guest's counters grew.</summary>
public sealed record PingPongOutcome(CommandResult Ours, CommandResult Theirs, JsonObject Report, GuestCounters Guest, TimeSpan Elapsed)
{
    /// <summary>Our device's counters after the exchange.</summary>
    public IReadOnlyDictionary<string, long> OurCounters =>
        Report["counters"]!.AsObject().ToDictionary(c => c.Key, c => c.Value!.GetValue<long>());

    /// <summary>What the end of the exchange may have found on its way.</summary>
    public UncountedPackets Left { get; init; }

    /// <summary>Packets of one message.</summary>
    public int MessagePackets { get; init; }

    /// <summary>What does not balance; empty when each packet arrived exactly once.</summary>
    public IReadOnlyList<string> Differences => PacketBalance.Differences(OurCounters, Guest, Left);

    /// <summary>Whether the guest repeated a message without a reason.</summary>
    public bool IsImpatienceOfTheGuest => PacketBalance.IsImpatienceOfTheGuest(OurCounters, Guest, Left, MessagePackets);
}

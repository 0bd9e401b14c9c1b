namespace RdmaPipeline.Transport.Stages;

/// <summary>
/// What a <see cref="FaultStage"/> does. Every choice sees every packet, so that one does not shift another; a packet suffers the first
/// fault in this order that chose it.
/// </summary>
public sealed record PacketFaults
{
    /// <summary>Packets that vanish, counted as <c>injected_fault</c>.</summary>
    public PacketChoice Drop { get; init; } = PacketChoice.None;

    /// <summary>Packets that go on twice, the second time behind their burst.</summary>
    public PacketChoice Duplicate { get; init; } = PacketChoice.None;

    /// <summary>Packets that later ones overtake.</summary>
    public PacketChoice Delay { get; init; } = PacketChoice.None;

    /// <summary>
    /// Packets whose bytes are damaged on the way, which their ICRC tells; behind <c>decode</c>, which has checked it, its verdict is made
    /// bad. Un-encoded packets have no ICRC yet and are left alone.
    /// </summary>
    public PacketChoice Corrupt { get; init; } = PacketChoice.None;

    /// <summary>How long a delayed packet waits: 0 to an hour.</summary>
    public TimeSpan DelayTime { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>Packets that may wait at a time; what is chosen beyond goes on at once: 1 to 65 536.</summary>
    public int MostDelayed { get; init; } = 256;

    /// <summary>Decides which bits flip.</summary>
    public ulong Seed { get; init; }

    internal void Validate()
    {
        foreach (var choice in (PacketChoice?[])[Drop, Duplicate, Delay, Corrupt])
            ArgumentNullException.ThrowIfNull(choice);
        if (DelayTime < TimeSpan.Zero || DelayTime > TimeSpan.FromHours(1))
            throw new ArgumentOutOfRangeException(nameof(DelayTime), DelayTime, $"{nameof(DelayTime)} is 0 to an hour.");
        if (MostDelayed is < 1 or > 65_536)
            throw new ArgumentOutOfRangeException(nameof(MostDelayed), MostDelayed, $"{nameof(MostDelayed)} is 1 to 65 536.");
    }
}

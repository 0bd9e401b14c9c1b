namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>A doorbell edge at one moment.</summary>
/// <param name="From">The stage that rings; null for threads outside the graph.</param>
/// <param name="To">The stage that is woken.</param>
/// <param name="Capacity">Tokens it holds.</param>
/// <param name="Queued">Tokens in flight.</param>
/// <param name="Rung">Tokens rung so far.</param>
public sealed record DoorbellSnapshot(string? From, string To, int Capacity, int Queued, long Rung)
{
    /// <summary>Tokens rung per second, since the observer's last look.</summary>
    public double RungPerSecond { get; init; }
}

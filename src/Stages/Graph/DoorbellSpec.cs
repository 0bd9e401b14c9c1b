namespace RdmaPipeline.Graph;

/// <summary>A doorbell edge in a graph's description.</summary>
/// <param name="From">The stage that rings; null when threads outside the graph do.</param>
/// <param name="To">The pump stage that is woken.</param>
/// <param name="Doorbell">The doorbell itself: its tokens outlive a change of the stages at its ends.</param>
public sealed record DoorbellSpec(string? From, string To, Doorbell Doorbell);

namespace RdmaPipeline.Graph;

/// <summary>A doorbell edge at one moment.</summary>
/// <param name="From">The stage that rings; null for threads outside the graph.</param>
/// <param name="To">The stage that is woken.</param>
/// <param name="Capacity">Tokens it can hold.</param>
/// <param name="Queued">Tokens in flight.</param>
/// <param name="Rung">Tokens rung so far.</param>
/// <param name="Refused">Tokens refused because it was full.</param>
public sealed record DoorbellDescriptor(string? From, string To, int Capacity, int Queued, long Rung, long Refused);

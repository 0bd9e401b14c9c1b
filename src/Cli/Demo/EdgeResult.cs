namespace RdmaPipeline.Cli.Demo;

/// <summary>One edge of the graph, summed over both devices; its names are those of the JSON report.</summary>
/// <param name="From">The stage that produces.</param>
/// <param name="To">The stage that consumes.</param>
/// <param name="Items">Packets (or doorbell rings) that passed.</param>
/// <param name="Bursts">Bursts that passed.</param>
/// <param name="Dropped">Packets the consuming stage dropped, for whatever reason.</param>
/// <param name="ItemsPerSecond">Since the first burst.</param>
public sealed record EdgeResult(string From, string To, long Items, long Bursts, long Dropped, double ItemsPerSecond);

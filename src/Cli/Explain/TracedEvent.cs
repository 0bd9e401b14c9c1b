namespace RdmaPipeline.Cli.Explain;

/// <summary>An event of a span.</summary>
internal sealed record TracedEvent(string Name, long Time, IReadOnlyDictionary<string, object> Attributes);

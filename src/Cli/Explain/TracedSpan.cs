using System.Text.Json;

namespace RdmaPipeline.Cli.Explain;

/// <summary>One span of a trace file.</summary>
internal sealed record TracedSpan
{
    public required string Name { get; init; }

    public required string TraceId { get; init; }

    public required string SpanId { get; init; }

    public string ParentId { get; init; } = "";

    public long Start { get; init; }

    public long End { get; init; }

    /// <summary>What the status says; null where it is not an error.</summary>
    public string? Error { get; init; }

    public IReadOnlyDictionary<string, object> Attributes { get; init; } = new Dictionary<string, object>();

    public IReadOnlyList<TracedEvent> Events { get; init; } = [];

    /// <summary>The ids of the spans it links to.</summary>
    public IReadOnlyList<string> Links { get; init; } = [];

    public string? Text(string name) => Attributes.GetValueOrDefault(name) as string;

    public long? Number(string name) => Attributes.GetValueOrDefault(name) as long?;
}

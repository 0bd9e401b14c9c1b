namespace RdmaPipeline.TelemetryTests.Metrics.Kit;

/// <summary>One measurement as a listener got it.</summary>
internal sealed record Series(string Metric, double Value, IReadOnlyDictionary<string, object?> Tags)
{
    /// <summary>Whether it has all of these attributes.</summary>
    public bool Has(IEnumerable<(string Key, object? Value)> tags) => tags.All(t => Equals(Tags.GetValueOrDefault(t.Key), t.Value));

    public override string ToString() => $"{Metric}{{{string.Join(", ", Tags.Select(t => $"{t.Key}={t.Value}"))}}} {Value}";
}

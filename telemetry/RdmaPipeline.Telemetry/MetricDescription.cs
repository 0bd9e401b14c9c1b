using System.Collections.Immutable;

namespace RdmaPipeline.Telemetry;

/// <summary>One entry of the catalogue.</summary>
/// <param name="Name">The metric's name, a constant of <see cref="MetricNames"/>.</param>
/// <param name="Kind">The kind of instrument.</param>
/// <param name="Unit">The UCUM unit.</param>
/// <param name="Scope">The meter that publishes it.</param>
/// <param name="Description">What it counts, in a sentence.</param>
/// <param name="Attributes">The attributes it carries beside the device's name.</param>
public sealed record MetricDescription(
    string Name, MetricKind Kind, string Unit, string Scope, string Description, ImmutableArray<string> Attributes)
{
    /// <summary>The part of the system it belongs to: a heading of the list.</summary>
    public string Section { get; init; } = "";

    /// <summary>Attributes it has only when asked for: per queue pair or per peer.</summary>
    public ImmutableArray<string> OptInAttributes { get; init; } = [];

    /// <summary>The upper bounds of a histogram's buckets; empty for every other kind.</summary>
    public ImmutableArray<double> Boundaries { get; init; } = [];

    /// <summary>Whether its values are fractions: all times are, and nothing else is.</summary>
    public bool IsTime => Unit == "s";
}

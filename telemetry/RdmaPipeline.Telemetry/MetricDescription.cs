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
    string Name, MetricKind Kind, string Unit, string Scope, string Description, ImmutableArray<string> Attributes);

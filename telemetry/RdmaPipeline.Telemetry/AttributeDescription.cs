using System.Collections.Immutable;

namespace RdmaPipeline.Telemetry;

/// <summary>What an attribute of metrics says.</summary>
/// <param name="Name">Its name, a constant of <see cref="AttributeNames"/>.</param>
/// <param name="Description">What it says, in a sentence.</param>
/// <param name="Values">All values it may have; empty when they are not of a closed list.</param>
public sealed record AttributeDescription(string Name, string Description, ImmutableArray<string> Values);

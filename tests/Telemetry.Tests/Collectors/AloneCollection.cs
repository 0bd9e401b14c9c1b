namespace RdmaPipeline.TelemetryTests.Collectors;

/// <summary>Tests that measure what others running beside them would change.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}

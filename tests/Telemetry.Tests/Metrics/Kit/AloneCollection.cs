namespace RdmaPipeline.TelemetryTests.Metrics.Kit;

/// <summary>Tests that no other test may run beside: one that listens to all meters of the process would be their listener too.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}

namespace RdmaPipeline.Graph.Tests.Kit;

/// <summary>
/// Tests that no other may run beside: one that listens to the shared meters has what every graph measures recorded on that one's thread.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Tests that look at what the whole process does.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public sealed class AloneInTheProcess;

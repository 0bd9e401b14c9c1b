namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>
/// Tests that open devices: their drivers spin, and some look at what the whole process allocates, so nothing else runs beside them.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class DeviceCollection
{
    public const string Name = "devices";
}

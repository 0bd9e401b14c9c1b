namespace RdmaPipeline.HostingTests;

/// <summary>Tests that open devices: their drivers spin, so nothing else runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class DeviceCollection
{
    public const string Name = "devices";
}

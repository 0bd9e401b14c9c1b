namespace RdmaPipeline.Verbs;

/// <summary>What <see cref="RdmaDevice.ModifyDevice"/> shall change; what is left out stays as it is.</summary>
public sealed record DeviceModification
{
    /// <summary>The EUI-64 of the system.</summary>
    public ulong? SystemImageGuid { get; init; }

    /// <summary>The description of the node: at most 64 bytes of UTF-8.</summary>
    public string? NodeDescription { get; init; }
}

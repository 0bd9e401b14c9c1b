namespace RdmaPipeline.Verbs;

/// <summary>What <see cref="RdmaDevice.ModifyPort"/> shall do; what is left out stays as it is.</summary>
public sealed record PortModification
{
    /// <summary>Takes the port down. EOPNOTSUPP where the link cannot be taken down from here.</summary>
    public bool Shutdown { get; init; }

    /// <summary>The kind of initialisation asked of a subnet manager, 0 to 15. EOPNOTSUPP: none of these devices has one.</summary>
    public int? InitType { get; init; }

    /// <summary>Sets <see cref="PortAttributes.BadQkeyCount"/> back to 0.</summary>
    public bool ResetQkeyCounter { get; init; }

    /// <summary>Bits of <see cref="PortAttributes.CapabilityFlags"/> to set: 16 (connection manager), 17, 19, 20.</summary>
    public uint SetCapabilities { get; init; }

    /// <summary>Bits to clear; wins where a bit is in both.</summary>
    public uint ClearCapabilities { get; init; }
}

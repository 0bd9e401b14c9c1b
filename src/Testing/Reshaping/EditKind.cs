namespace RdmaPipeline.Testing.Reshaping;

/// <summary>What a random edit does.</summary>
internal enum EditKind
{
    /// <summary>Puts a stage into an edge.</summary>
    Insert,

    /// <summary>Takes one out again.</summary>
    Remove,

    /// <summary>Puts another of its kind in the place of a stage.</summary>
    Replace,

    /// <summary>Changes the capacity of the edges into a stage.</summary>
    Resize,

    /// <summary>Exchanges two stages that follow one another.</summary>
    Reroute,

    /// <summary>Changes the preset, or how bursts hop.</summary>
    Preset,

    /// <summary>Changes the driver of a shard.</summary>
    Driver,

    /// <summary>Goes back to the revision before.</summary>
    Rollback,
}

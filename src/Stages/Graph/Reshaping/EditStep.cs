namespace RdmaPipeline.Graph.Reshaping;

/// <summary>The steps of a change, in their order; some are taken once for each stage or shard.</summary>
internal enum EditStep
{
    /// <summary>The block of a new or moved stage is made. The graph works on.</summary>
    Build,

    /// <summary>What is in a stage that goes, or in front of one that stays, is waited for.</summary>
    Drain,

    /// <summary>The gates behind a stage that stays close.</summary>
    Pause,

    /// <summary>A new or moved stage is attached and gets the state of the one before.</summary>
    HandOver,

    /// <summary>The edges of a shard lead to the new blocks; doorbells wake them; the graph's owner looks them up.</summary>
    Swap,

    /// <summary>The gates open.</summary>
    Resume,
}

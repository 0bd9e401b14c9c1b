namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>What the page can change.</summary>
internal enum EditAction
{
    /// <summary>How bursts hop and who runs the shards.</summary>
    Preset,

    /// <summary>A stage of the offers comes into an edge.</summary>
    Insert,

    /// <summary>A stage that the device can do without goes.</summary>
    Remove,

    /// <summary>The graph becomes what it was.</summary>
    Rollback,
}

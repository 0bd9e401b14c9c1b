namespace RdmaPipeline;

/// <summary>By what the metrics of queue pairs are told apart.</summary>
internal enum QueuePairDetail
{
    /// <summary>By nothing.</summary>
    None,

    /// <summary>By transport service.</summary>
    Transport,

    /// <summary>By transport service and peer.</summary>
    Peer,

    /// <summary>The busiest by themselves.</summary>
    Top,

    /// <summary>Those that somebody selects by themselves.</summary>
    Selected,

    /// <summary>Each by itself.</summary>
    All,
}

namespace RdmaPipeline.Telemetry;

/// <summary>What a stage waits for while it cannot work. A closed list.</summary>
public enum BlockedReason : byte
{
    /// <summary>Whatever is behind it, a stage or the medium, has no room.</summary>
    DownstreamFull,

    /// <summary>The window of unacknowledged packets is full.</summary>
    Window,

    /// <summary>The receiver has granted no credit.</summary>
    Credit,

    /// <summary>The receiver was not ready and said for how long.</summary>
    RnrTimer,

    /// <summary>A rate is kept.</summary>
    RateLimit,

    /// <summary>An earlier operation has to be done first.</summary>
    Fence,
}

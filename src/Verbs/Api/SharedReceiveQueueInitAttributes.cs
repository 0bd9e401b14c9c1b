namespace RdmaPipeline.Verbs;

/// <summary>What a new shared receive queue shall be.</summary>
public sealed class SharedReceiveQueueInitAttributes
{
    /// <summary>What it serves; a basic queue unless said otherwise.</summary>
    public SharedReceiveQueueType Type { get; init; }

    /// <summary>Receives it shall hold, 1 to <see cref="DeviceAttributes.MaxSharedReceiveQueueWorkRequests"/>; as many are given.</summary>
    public int MaxWorkRequests { get; init; } = 128;

    /// <summary>Scatter-gather entries of one receive, 0 to <see cref="DeviceAttributes.MaxSharedReceiveQueueEntries"/>.</summary>
    public int MaxEntries { get; init; } = 4;

    /// <summary>The limit to arm from the beginning, 0 (none) to <see cref="MaxWorkRequests"/>.</summary>
    public int Limit { get; init; }

    /// <summary>The domain whose targets use it; needed by <see cref="SharedReceiveQueueType.Xrc"/>, which alone may have one.</summary>
    public XrcDomain? XrcDomain { get; init; }

    /// <summary>Where its receives complete; needed by <see cref="SharedReceiveQueueType.Xrc"/>, which alone may have one.</summary>
    public CompletionQueue? CompletionQueue { get; init; }

    /// <summary>Anything the owner wants to find again at <see cref="SharedReceiveQueue.UserContext"/>.</summary>
    public object? UserContext { get; init; }
}

namespace RdmaPipeline.Verbs;

/// <summary>What a shared receive queue serves, with the numbers of the standard.</summary>
public enum SharedReceiveQueueType
{
    /// <summary>Queue pairs that were made with it; each completes to its own receive completion queue.</summary>
    Basic = 0,
    /// <summary>XRC targets of one <see cref="XrcDomain"/>: the peer names the queue in every request.</summary>
    Xrc = 1,
}

using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <content>Receives from a shared receive queue, and XRC.</content>
internal sealed partial class FaultScene
{
    /// <summary>Where receives of <see cref="B"/> are posted; null when it has a receive queue of its own.</summary>
    public SharedReceiveQueue? Shared { get; }

    /// <summary>The domain of the target; null unless the row is of XRC.</summary>
    public XrcDomain? XrcDomain { get; }

    /// <summary>Posts a receive to wherever the responder receives from.</summary>
    public void PostReceive(in ReceiveWorkRequest request)
    {
        if (Shared is { } shared)
            shared.PostReceive(request);
        else
            B.PostReceive(request);
    }

    /// <summary>Another shared receive queue of the responder's device: of an XRC domain, or a basic one.</summary>
    public SharedReceiveQueue CreateShared(XrcDomain? domain) => Pair.DomainB.CreateSharedReceiveQueue(new()
    {
        Type = domain is null ? SharedReceiveQueueType.Basic : SharedReceiveQueueType.Xrc, MaxWorkRequests = Depth, XrcDomain = domain,
        CompletionQueue = domain is null ? null : ReceivesB,
    });

    /// <summary>The number of a queue that is no more.</summary>
    public uint GoneQueue()
    {
        using var gone = CreateShared(XrcDomain);
        return gone.Number;
    }
}

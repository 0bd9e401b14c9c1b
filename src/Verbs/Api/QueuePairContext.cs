namespace RdmaPipeline.Verbs;

/// <summary>What the user's <see cref="QueuePair"/> and the shard that owns it share.</summary>
internal sealed class QueuePairContext
{
    /// <summary>Written by the shard only. Writing <see cref="QueuePairState.Error"/> must be followed by a full fence before
    /// the queues are flushed, as a post is followed by one before it reads the state (R-CQ-19).</summary>
    public volatile QueuePairState State;

    /// <summary>1 while a send doorbell is on its way; the shard sets it to 0, with a full fence, before it looks at the ring.</summary>
    public int SendDoorbellRung;

    /// <summary>1 while an acknowledgement doorbell is on its way.</summary>
    public int ResponseDoorbellRung;

    /// <summary>Who sees what is posted to the send queue; null while nobody listens to traces.</summary>
    public volatile IPostObserver? Posts;

    /// <summary>
    /// Posts with a lower index are of no interest to <see cref="Posts"/>, which moves it on; all are while nobody listens. To be read with
    /// acquire semantics, for it may be lowered at any time.
    /// </summary>
    public long NextObservedPost = long.MaxValue;

    /// <summary>The queue pair number, 24 bits; given by the provider when it registers the context.</summary>
    public uint Number { get; set; }

    public required QueuePairType Type { get; init; }

    /// <summary>The port of a special queue pair; others choose theirs with Modify.</summary>
    public int Port { get; init; } = 1;

    /// <summary>All sends make a completion (R-CQ-12).</summary>
    public required bool SignalAll { get; init; }

    public required QueuePairCapabilities Caps { get; init; }

    /// <summary>The handle of the protection domain, never 0; of the XRC domain in a target, which no region is in.</summary>
    public required uint ProtectionDomain { get; init; }

    /// <summary>Null only for types that never send.</summary>
    public required CompletionQueue SendCq { get; init; }

    /// <summary>Null only for types that never receive, or complete to the queue of a shared receive queue.</summary>
    public required CompletionQueue ReceiveCq { get; init; }

    public required SendQueueRing SendRing { get; init; }

    public required ReceiveQueueRing ReceiveRing { get; init; }

    /// <summary>Where receives come from in place of <see cref="ReceiveRing"/>; null when they come from that.</summary>
    public SharedReceiveQueueContext? SharedReceives { get; init; }

    /// <summary>The domain of an XRC target; null for other types.</summary>
    public XrcDomainContext? XrcDomain { get; init; }

    /// <summary>Its receives come from shared receive queues.</summary>
    public bool SharesReceives => SharedReceives is not null || XrcDomain is not null;

    /// <summary>One bit per <see cref="SendOpcode"/> that this type and device accept.</summary>
    public ulong SendOpcodes { get; init; }

    /// <summary>What the user holds; carried by asynchronous events. Null in a context without a device.</summary>
    public QueuePair? Owner { get; set; }

    /// <summary>The other handles to an XRC target; replaced as a whole, under the control lock.</summary>
    public QueuePair[] Opened { get; set; } = [];
}

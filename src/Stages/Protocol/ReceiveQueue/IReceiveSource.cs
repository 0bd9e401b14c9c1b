using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.ReceiveQueue;

/// <summary>
/// Where the receive work requests of a queue pair come from: its own receive queue, a shared one, or the one that a request of XRC names.
/// One at a time is held: from the first packet of its message until it completes, also when a message is rewound in between.
/// </summary>
internal interface IReceiveSource
{
    /// <summary>The credit code of an acknowledgement (R-REQ-19, R-REQ-20).</summary>
    byte Credits { get; }

    /// <summary>Scatter-gather entries that a receive may have.</summary>
    int MaxEntries { get; }

    /// <summary>The protection domain of the entries of the receive that is held.</summary>
    uint ProtectionDomain { get; }

    /// <summary>The receive that is held; only after <see cref="TryTake"/> said so.</summary>
    ref readonly ReceiveWqe Held { get; }

    /// <summary>The entries of the receive that is held.</summary>
    ReadOnlySpan<ScatterGatherEntry> Entries { get; }

    /// <summary>Where it completes; null when it has vanished with its queue.</summary>
    CompletionQueue? CompletionQueue { get; }

    /// <summary>Chooses the queue that a request of XRC names, from which the next receive comes (R-RESP-42).</summary>
    /// <returns>False when it may not be used.</returns>
    bool TrySelect(in PacketView request);

    /// <summary>Holds the next receive, or the one that is held already.</summary>
    /// <returns>False when there is none.</returns>
    bool TryTake();

    /// <summary>Holds the next receive that a queue pair in ERR must flush (R-RESP-50, R-CQ-20).</summary>
    /// <returns>False when there is none.</returns>
    bool TryTakeToFlush();

    /// <summary>The receive that is held is done with: it completes, or is discarded.</summary>
    void Release();

    /// <summary>Discards the receive that is held, if any.</summary>
    void Discard();
}

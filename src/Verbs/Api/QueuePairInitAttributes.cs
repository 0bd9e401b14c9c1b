namespace RdmaPipeline.Verbs;

/// <summary>What a new queue pair shall be.</summary>
public sealed class QueuePairInitAttributes
{
    /// <summary>The transport service; a reliable connection unless said otherwise.</summary>
    public QueuePairType Type { get; init; } = QueuePairType.ReliableConnection;

    /// <summary>Where sends complete; needed by every type but <see cref="QueuePairType.XrcTarget"/>.</summary>
    public CompletionQueue? SendCompletionQueue { get; init; }

    /// <summary>Where receives complete; may be the same as for sends. Needed by every type that receives.</summary>
    public CompletionQueue? ReceiveCompletionQueue { get; init; }

    /// <summary>
    /// Where its receives come from in place of a receive queue of its own, whose sizes are then not looked at and given as 0. A basic one;
    /// it may be of another protection domain, whose memory its receives then name. For reliable and unreliable connections and datagrams.
    /// </summary>
    public SharedReceiveQueue? SharedReceiveQueue { get; init; }

    /// <summary>The sizes of its queues.</summary>
    public QueuePairCapabilities Capabilities { get; init; } = new();

    /// <summary>
    /// The port of a queue pair for general services or subnet management, of which each port has one; others ignore it.
    /// </summary>
    public int Port { get; init; } = 1;

    /// <summary>Every send makes a completion, flagged or not (R-CQ-12).</summary>
    public bool SignalAll { get; init; }

    /// <summary>Anything the owner wants to find again at <see cref="QueuePair.UserContext"/>.</summary>
    public object? UserContext { get; init; }
}

namespace RdmaPipeline.Verbs;

/// <summary>
/// The attributes of a queue pair. For <see cref="QueuePair.Modify"/> set those that shall change: the attribute mask of the
/// standard follows from what is set (R-VERB-17). <see cref="QueuePair.Query"/> returns all that have a value.
/// </summary>
public sealed record QueuePairAttributes
{
    private const uint PsnMask = 0xFFFFFF;
    private uint? _receivePsn;
    private uint? _sendPsn;

    /// <summary>The state to move to.</summary>
    public QueuePairState? State { get; init; }

    /// <summary>The state assumed as the current one; legal for RTR, RTS, SQD, SQE (R-VERB-15).</summary>
    public QueuePairState? CurrentState { get; init; }

    /// <summary>On the way to SQD: raise <see cref="AsyncEventType.SendQueueDrained"/> when drained.</summary>
    public bool? NotifySendQueueDrained { get; init; }

    /// <summary>What the peer may do: remote write, read, atomic.</summary>
    public AccessFlags? Access { get; init; }

    /// <summary>Index into the P_Key table of the port.</summary>
    public int? PkeyIndex { get; init; }

    /// <summary>The local port, from 1.</summary>
    public int? Port { get; init; }

    /// <summary>The Q_Key of a datagram queue pair.</summary>
    public uint? Qkey { get; init; }

    /// <summary>The way to the peer.</summary>
    public AddressVector? AddressVector { get; init; }

    /// <summary>The largest payload of a packet; at most the active MTU of the port.</summary>
    public PathMtu? PathMtu { get; init; }

    /// <summary>How long to wait for an answer: 0 for ever, else 4.096 µs · 2^n for n up to 31 (R-REQ-38).</summary>
    public int? Timeout { get; init; }

    /// <summary>Transport retries, 0 to 7 (R-REQ-41).</summary>
    public int? RetryCount { get; init; }

    /// <summary>Retries after receiver-not-ready, 0 to 6, or 7 for ever (R-REQ-42).</summary>
    public int? RnrRetry { get; init; }

    /// <summary>The PSN expected first; masked to 24 bits (R-VERB-16).</summary>
    public uint? ReceivePsn { get => _receivePsn; init => _receivePsn = value & PsnMask; }

    /// <summary>Reads and atomics this side may have outstanding.</summary>
    public int? MaxReadAtomic { get; init; }

    /// <summary>The path to migrate to; not on RoCE.</summary>
    public AlternatePath? AlternatePath { get; init; }

    /// <summary>The code of the wait asked of a peer for whom no receive is posted, 0 to 31 (R-REQ-43).</summary>
    public int? MinRnrTimer { get; init; }

    /// <summary>The PSN of the first request; masked to 24 bits (R-VERB-16).</summary>
    public uint? SendPsn { get => _sendPsn; init => _sendPsn = value & PsnMask; }

    /// <summary>Reads and atomics of the peer that this side keeps for replay.</summary>
    public int? MaxDestinationReadAtomic { get; init; }

    /// <summary>Path migration.</summary>
    public PathMigrationState? PathMigrationState { get; init; }

    /// <summary>The sizes of the queues; cannot be modified on this device.</summary>
    public QueuePairCapabilities? Capabilities { get; init; }

    /// <summary>The peer's queue pair number, 24 bits.</summary>
    public uint? DestinationQueuePair { get; init; }

    /// <summary>Rate limit in kbit/s; raw packets only.</summary>
    public uint? RateLimit { get; init; }

    /// <summary>Query only: the send queue is in SQD and not yet drained.</summary>
    public bool IsSendQueueDraining { get; init; }

    /// <summary>Which attributes are set.</summary>
    public QueuePairAttributeMask Mask =>
        Bit(State, QueuePairAttributeMask.State) | Bit(CurrentState, QueuePairAttributeMask.CurrentState)
        | Bit(NotifySendQueueDrained, QueuePairAttributeMask.NotifySendQueueDrained) | Bit(Access, QueuePairAttributeMask.Access)
        | Bit(PkeyIndex, QueuePairAttributeMask.PkeyIndex) | Bit(Port, QueuePairAttributeMask.Port)
        | Bit(Qkey, QueuePairAttributeMask.Qkey) | Bit(AddressVector, QueuePairAttributeMask.AddressVector)
        | Bit(PathMtu, QueuePairAttributeMask.PathMtu) | Bit(Timeout, QueuePairAttributeMask.Timeout)
        | Bit(RetryCount, QueuePairAttributeMask.RetryCount) | Bit(RnrRetry, QueuePairAttributeMask.RnrRetry)
        | Bit(ReceivePsn, QueuePairAttributeMask.ReceivePsn) | Bit(MaxReadAtomic, QueuePairAttributeMask.MaxReadAtomic)
        | Bit(AlternatePath, QueuePairAttributeMask.AlternatePath) | Bit(MinRnrTimer, QueuePairAttributeMask.MinRnrTimer)
        | Bit(SendPsn, QueuePairAttributeMask.SendPsn)
        | Bit(MaxDestinationReadAtomic, QueuePairAttributeMask.MaxDestinationReadAtomic)
        | Bit(PathMigrationState, QueuePairAttributeMask.PathMigrationState) | Bit(Capabilities, QueuePairAttributeMask.Capabilities)
        | Bit(DestinationQueuePair, QueuePairAttributeMask.DestinationQueuePair) | Bit(RateLimit, QueuePairAttributeMask.RateLimit);

    private static QueuePairAttributeMask Bit(object? value, QueuePairAttributeMask bit) => value is null ? 0 : bit;
}

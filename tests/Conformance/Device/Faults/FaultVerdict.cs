using RdmaPipeline.Telemetry;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <summary>What both ends must see of a fault: the right-hand side of a row of the fault matrix.</summary>
/// <param name="Status">The status of the faulty send.</param>
/// <param name="Answer">
/// All that the responder sends besides acknowledgements and data, such as "NAK 2" or "RNR RNR"; empty for nothing.
/// </param>
internal sealed record FaultVerdict(WorkCompletionStatus Status, string Answer)
{
    /// <summary>The status of the receive in use at the responder; null when none completes because of the fault.</summary>
    public WorkCompletionStatus? Receive { get; init; }

    /// <summary>The responder's asynchronous event; null for none.</summary>
    public AsyncEventType? Event { get; init; }

    /// <summary>The asynchronous event of the shared receive queue; null for none.</summary>
    public AsyncEventType? QueueEvent { get; init; }

    public QueuePairState Requester { get; init; } = QueuePairState.ReadyToSend;

    public QueuePairState Responder { get; init; } = QueuePairState.ReadyToSend;

    /// <summary>What the responder's device counts the packet as; null where it does not drop it.</summary>
    public DropReason? Drop { get; init; }

    /// <summary>What the sends behind the faulty one complete with; null: success where the requester stays, else a flush.</summary>
    public WorkCompletionStatus? Behind { get; init; }
}

using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>One end of a connection of a <see cref="MixedWorkload"/> and the memory of its owner.</summary>
/// <param name="sender">What it sends with.</param>
/// <param name="receiver">What it receives with: the same queue pair, but an XRC target beside an initiator.</param>
/// <param name="domain">The domain of its memory, where the peer's keys are checked.</param>
/// <param name="memory">The memory.</param>
/// <param name="pools">The shared receive queues it receives from; none when the receiver has a receive queue.</param>
internal sealed class WorkloadEnd(
    QueuePair sender, QueuePair receiver, ProtectionDomain domain, WorkloadMemory memory, IReadOnlyList<WorkloadPool> pools)
{
    public QueuePair Sender { get; } = sender;

    public QueuePair Receiver { get; } = receiver;

    public ProtectionDomain Domain { get; } = domain;

    public WorkloadMemory Memory { get; } = memory;

    /// <summary>Its windows and fast registration.</summary>
    public WorkloadKeys Keys { get; } = new(domain, memory);

    public IReadOnlyList<WorkloadPool> Pools { get; } = pools;

    /// <summary>What it sends; its receives belong to the other end's.</summary>
    public WorkloadDirection Sends { get; set; } = null!;

    public WorkloadDirection Receives { get; set; } = null!;
}

using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Simulation;

/// <summary>One queue pair of a <see cref="MixedWorkload"/> and the memory of its owner.</summary>
internal sealed class WorkloadEnd(QueuePair queuePair, WorkloadMemory memory)
{
    public QueuePair QueuePair { get; } = queuePair;

    public WorkloadMemory Memory { get; } = memory;

    /// <summary>Its windows and fast registration.</summary>
    public WorkloadKeys Keys { get; } = new(queuePair, memory);

    /// <summary>What it sends; its receives belong to the other end's.</summary>
    public WorkloadDirection Sends { get; set; } = null!;

    public WorkloadDirection Receives { get; set; } = null!;
}

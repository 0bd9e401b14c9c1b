namespace RdmaPipeline.Testing.Simulation;

/// <summary>Where the receives of a <see cref="MixedWorkload"/> are posted, and by which service they are reached.</summary>
public enum WorkloadReceives
{
    /// <summary>Reliable connections, each with a receive queue of its own.</summary>
    Own,

    /// <summary>Reliable connections; all of a device take from one shared receive queue.</summary>
    Shared,

    /// <summary>XRC: targets take from the one of two shared receive queues that each request names.</summary>
    Extended,
}

using RdmaPipeline.Verbs;

namespace RdmaPipeline.Testing.Swarm;

/// <summary>A work request that is ready to be posted, and what to do when it is over.</summary>
internal sealed class SwarmRequest(SendWorkRequest work)
{
    public SendWorkRequest Work { get; set; } = work;

    /// <summary>The slot of its source or sink; −1 for none.</summary>
    public int Slot { get; init; } = -1;

    /// <summary>Told when it has completed, and whether with success.</summary>
    public Action<bool>? Done { get; init; }
}

namespace RdmaPipeline.Testing.Swarm;

/// <summary>A seed under which the transport, or the model, is wrong.</summary>
/// <param name="seed">The seed; it replays the run.</param>
/// <param name="plan">What the seed drew.</param>
/// <param name="cause">What was found.</param>
public sealed class SwarmViolationException(ulong seed, string plan, Exception cause)
    : Exception($"seed {seed} (\"{SwarmRun.ReplayLine(seed)}\" replays it; {plan}): {cause.Message}", cause)
{
    /// <summary>The seed.</summary>
    public ulong Seed => seed;
}

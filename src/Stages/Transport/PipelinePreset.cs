namespace RdmaPipeline;

/// <summary>How the stages of a device's pipeline are joined. All presets run the same stages and the same protocol.</summary>
public enum PipelinePreset
{
    /// <summary>Every stage is its own bounded block; an uncontended hop runs inline. The default.</summary>
    Staged,

    /// <summary>Every hop is a real queue: shows queues, for study and stress.</summary>
    Queued,

    /// <summary>One block in front of the shard, direct calls behind it.</summary>
    Fused,

    /// <summary>As <see cref="Staged"/>, with a driver that never parks: lowest latency without polling, one core busy for ever.</summary>
    Polling,

    /// <summary>
    /// As <see cref="Queued"/>, on a seeded scheduler and in virtual time: nothing moves unless the thread that polls or a simulated world
    /// moves it. For tests.
    /// </summary>
    Simulated,
}

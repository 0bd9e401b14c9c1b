namespace RdmaPipeline.Graph;

/// <summary>Who runs a shard.</summary>
public enum ShardDriverKind
{
    /// <summary>The threads that poll or wait, and a background thread when none of them does.</summary>
    Hybrid,

    /// <summary>One background thread that parks when there is nothing to do.</summary>
    Dedicated,

    /// <summary>One background thread that never parks.</summary>
    Polling,

    /// <summary>No thread: a seeded test runs the shard step by step.</summary>
    Seeded,
}

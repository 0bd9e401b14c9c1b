namespace RdmaPipeline.Verbs;

/// <summary>Why a key does not resolve.</summary>
internal enum MemoryKeyFault
{
    /// <summary>It resolves.</summary>
    None,
    /// <summary>No region has this key (any more), or it gives no remote access (R-VERB-4).</summary>
    BadKey,
    /// <summary>The region belongs to another protection domain.</summary>
    Domain,
    /// <summary>The region lacks the right.</summary>
    Access,
    /// <summary>The range is not inside the region.</summary>
    Range,
}

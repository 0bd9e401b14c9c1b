namespace RdmaPipeline.Verbs;

/// <summary>What the work request of an opcode must be like beyond its entries.</summary>
internal enum SendForm : byte
{
    /// <summary>Nothing else.</summary>
    Message,
    /// <summary>Works on 8 aligned bytes at the peer (R-REQ-25, R-REQ-26).</summary>
    EightBytes,
    /// <summary>Names memory of the peer, and none of this side (R-REQ-26).</summary>
    Flush,
    /// <summary>Names a key of this side and no memory (R-VERB-5).</summary>
    Invalidation,
    /// <summary>Carries a <see cref="MemoryOperation"/> and no memory (R-VERB-5, R-VERB-6).</summary>
    MemoryOperation,
}

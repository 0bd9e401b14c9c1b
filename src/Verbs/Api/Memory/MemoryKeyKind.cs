namespace RdmaPipeline.Verbs;

/// <summary>What a key stands for (responder.md 5).</summary>
internal enum MemoryKeyKind : byte
{
    /// <summary>Registered memory.</summary>
    Region,
    /// <summary>Memory registered by a work request, until it is invalidated (R-VERB-5).</summary>
    FastRegistration,
    /// <summary>A window of type 1: the protection domain decides.</summary>
    WindowType1,
    /// <summary>A window of type 2A: the queue pair that bound it decides.</summary>
    WindowType2A,
    /// <summary>A window of type 2B: queue pair and protection domain decide.</summary>
    WindowType2B,
}

namespace RdmaPipeline.Verbs;

/// <summary>Who chooses the key of a memory window and who may use it (R-VERB-6). 1 and 2 are the numbers of the standard.</summary>
public enum MemoryWindowType
{
    /// <summary>Every bind gives a new key, chosen by the device; any queue pair of the protection domain may be the target.</summary>
    Type1 = 1,
    /// <summary>
    /// Type 2B, which the standard's number 2 stands for here: the consumer chooses the low 8 bits of the key; only the queue pair that
    /// bound it may be the target, and only in the window's protection domain. Must be invalidated before it is bound again (R-VERB-7).
    /// </summary>
    Type2B = 2,
    /// <summary>As <see cref="Type2B"/>, but the target's protection domain is not looked at. Has no number in the standard.</summary>
    Type2A = 3,
}

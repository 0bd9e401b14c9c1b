namespace RdmaPipeline.Mutation;

/// <summary>What became of a mutant.</summary>
internal enum Outcome
{
    /// <summary>A test failed, or the process broke down.</summary>
    Killed,
    /// <summary>The tests did not come to an end.</summary>
    TimedOut,
    /// <summary>No test noticed it.</summary>
    Survived,
    /// <summary>No test reaches it.</summary>
    Unreached,
}

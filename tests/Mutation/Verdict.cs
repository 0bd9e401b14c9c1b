namespace RdmaPipeline.Mutation;

/// <summary>A mutant and what became of it.</summary>
/// <param name="Mutant">The mutant.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="By">The test that noticed it, if one did.</param>
internal sealed record Verdict(Mutant Mutant, Outcome Outcome, string By = "");

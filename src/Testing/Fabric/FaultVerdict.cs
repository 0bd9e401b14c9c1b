namespace RdmaPipeline.Testing;

/// <summary>What shall happen to a packet on a lane.</summary>
/// <param name="Action">What.</param>
/// <param name="Rule">The rule that said so; null for chance.</param>
/// <param name="Nanoseconds">How late; 0 leaves it to chance.</param>
/// <param name="Count">How many copies, or how many shall overtake it.</param>
internal readonly record struct FaultVerdict(FaultAction Action, FabricFault? Rule = null, long Nanoseconds = 0, int Count = 0)
{
    /// <summary>In words; empty when the packet simply passes.</summary>
    public string Text => Action == FaultAction.Pass ? "" : $"fault {Action} by {Rule?.Name ?? "chance"}";
}

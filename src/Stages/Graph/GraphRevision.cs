namespace RdmaPipeline.Graph;

/// <summary>A revision of a graph, or the attempt at one.</summary>
/// <param name="Number">Its number: 1 is how the graph was built; each attempt takes the next, also one that fails.</param>
/// <param name="Previous">The revision it was to take the place of; 0 for the first.</param>
/// <param name="Diff">What was to change, in words.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Pause">How long something stood still for it.</param>
/// <param name="DrainedItems">Items that were on their way where it changed the graph, and went on first.</param>
/// <param name="Error">Why it was not applied; null when it was.</param>
public sealed record GraphRevision(
    long Number, long Previous, string Diff, ReconfigurationOutcome Outcome, TimeSpan Pause, long DrainedItems, string? Error)
{
    /// <summary>
    /// What stages that were taken out, or made and not put in, have thrown when they were disposed; null when none has. The change is what
    /// <see cref="Outcome"/> says all the same.
    /// </summary>
    public string? DisposalError { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        string end = Outcome switch
        {
            ReconfigurationOutcome.Applied => "applied",
            ReconfigurationOutcome.Rejected => $"rejected: {Error}",
            _ => $"rolled back: {Error}",
        };
        return FormattableString.Invariant($"{Number} (from {Previous}): {Diff}; {end}; pause {Pause.TotalMilliseconds:0.###} ms")
            + (DisposalError is null ? "" : $"; {DisposalError}");
    }
}

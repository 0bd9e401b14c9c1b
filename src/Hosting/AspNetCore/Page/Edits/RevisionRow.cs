using RdmaPipeline.Graph;

namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>A revision of a graph, or an attempt at one, as the page lists it.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Diff">What changed, in words.</param>
/// <param name="Outcome"><c>Applied</c>, <c>Rejected</c> or <c>RolledBack</c>.</param>
/// <param name="PauseMilliseconds">How long something stood still for it.</param>
/// <param name="Error">Why it was not applied; left out when it was.</param>
internal sealed record RevisionRow(long Number, string Diff, string Outcome, double PauseMilliseconds, string? Error)
{
    public static RevisionRow Of(GraphRevision revision) => new(
        revision.Number, revision.Diff, revision.Outcome.ToString(), revision.Pause.TotalMilliseconds, revision.Error);
}

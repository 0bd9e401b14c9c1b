namespace RdmaPipeline.Hosting.Snapshots;

/// <summary>A graph of stages at one moment.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Preset">The preset it was made from.</param>
/// <param name="Revision">The number of its description.</param>
/// <param name="State"><c>Running</c>, <c>Completing</c>, <c>Completed</c> or <c>Faulted</c>.</param>
/// <param name="Stages">Its stages, in the order of the description.</param>
/// <param name="Edges">Its data edges.</param>
/// <param name="Doorbells">Its doorbell edges.</param>
public sealed record GraphSnapshot(
    string Name,
    string Preset,
    long Revision,
    string State,
    IReadOnlyList<StageSnapshot> Stages,
    IReadOnlyList<EdgeSnapshot> Edges,
    IReadOnlyList<DoorbellSnapshot> Doorbells);

namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>What can be asked for of a device.</summary>
/// <param name="Presets">Presets a running device can have.</param>
/// <param name="Offers">Stages that can be put in.</param>
/// <param name="Removable">Stages that can be taken out.</param>
/// <param name="Revisions">What the graph was and what was tried, the newest first.</param>
internal sealed record EditChoices(
    IReadOnlyList<string> Presets, IReadOnlyList<StageOffer> Offers, IReadOnlyList<string> Removable, IReadOnlyList<RevisionRow> Revisions);

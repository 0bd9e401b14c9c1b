namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>What the page asks for.</summary>
/// <param name="Device">The device, by its name.</param>
/// <param name="Action">What to do.</param>
/// <param name="Seen">The revision that was on the screen: a graph that has another by now is not changed. 0: whatever it is.</param>
/// <param name="Preset">Of <see cref="EditAction.Preset"/>: which.</param>
/// <param name="Stage">Of <see cref="EditAction.Insert"/>: which of the offers; of <see cref="EditAction.Remove"/>: the stage.</param>
/// <param name="From">Of <see cref="EditAction.Insert"/>: the stage where the edge starts that it is put into.</param>
/// <param name="Port">Of <see cref="EditAction.Insert"/>: the port where that edge starts.</param>
/// <param name="Revision">Of <see cref="EditAction.Rollback"/>: where to; null: the one before the present.</param>
internal sealed record EditRequest(
    string? Device, EditAction Action, long Seen, PipelinePreset? Preset, string? Stage, string? From, string? Port, long? Revision);

namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>A stage that can be put in.</summary>
/// <param name="Name">Its name, and that of the stage when no other has it.</param>
/// <param name="Description">What it does.</param>
internal sealed record StageOffer(string Name, string Description);

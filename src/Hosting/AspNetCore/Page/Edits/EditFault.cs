namespace RdmaPipeline.Hosting.Page.Edits;

/// <summary>Why nothing changed, in words for who asked.</summary>
internal sealed record EditFault(string Error);

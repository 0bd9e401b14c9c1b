namespace RdmaPipeline.ApiTests.Table;

/// <summary>One function of the standard's driver interface and the public members that give it to the user.</summary>
/// <param name="Function">Its name in verbs.md.</param>
/// <param name="Members">Members as <c>Type.Member</c>; each must exist and be called by a test.</param>
internal sealed record Verb(string Function, params string[] Members);

namespace RdmaPipeline.Cli.Explain;

/// <summary>A whole file, explained.</summary>
/// <param name="File">Its name.</param>
/// <param name="Kind"><c>capture</c> or <c>trace</c>.</param>
/// <param name="Explanations">What is in it.</param>
internal sealed record ExplainReport(string File, string Kind, IReadOnlyList<Explanation> Explanations);

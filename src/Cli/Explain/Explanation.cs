namespace RdmaPipeline.Cli.Explain;

/// <summary>What happened to the requests of one side of a connection, or to one work request.</summary>
/// <param name="Title">Who and what.</param>
/// <param name="Facts">What was counted.</param>
/// <param name="Events">What went wrong, in order.</param>
/// <param name="End">How it ended.</param>
internal sealed record Explanation(
    string Title, IReadOnlyDictionary<string, long> Facts, IReadOnlyList<ExplainedEvent> Events, ExplainedEnd End);

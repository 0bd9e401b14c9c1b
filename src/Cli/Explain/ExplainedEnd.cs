using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Explain;

/// <summary>How it ended, and why.</summary>
/// <param name="Status">A name of <see cref="ErrorTypes"/>; <c>unanswered</c> and <c>unknown</c> where a capture does not show it.</param>
/// <param name="IsFailure">Whether the work request has failed.</param>
/// <param name="IsCertain">False when it is concluded from what is missing in a capture.</param>
/// <param name="Stage">The stage that finds it out; null when nothing failed.</param>
/// <param name="Psn">The PSN that it failed at.</param>
/// <param name="Attempts">How often that PSN was sent; 0 when it is not known.</param>
/// <param name="Cause">Why.</param>
/// <param name="Advice">What to look at.</param>
/// <param name="Rule">The rule that makes it so.</param>
internal sealed record ExplainedEnd(
    string Status, bool IsFailure, bool IsCertain, string? Stage, uint? Psn, int Attempts, string Cause, string Advice, string Rule)
{
    /// <summary>What the applications at both ends see of it; empty where <see cref="Status"/> says that.</summary>
    public string Seen { get; init; } = "";

    /// <summary>Everything was answered.</summary>
    public static ExplainedEnd Done { get; } = new("success", false, true, null, null, 0, "everything was answered", "", "");

    /// <summary>A failure as the transport's own words tell it.</summary>
    public static ExplainedEnd Failure(FailureWords words, uint? psn, int attempts, bool isCertain) =>
        new(words.ErrorType, true, isCertain, words.Stage, psn, attempts, words.Cause, words.Advice, words.Rule);
}

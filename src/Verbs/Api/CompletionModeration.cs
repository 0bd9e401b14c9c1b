namespace RdmaPipeline.Verbs;

/// <summary>How the events of a completion queue are held back.</summary>
/// <param name="Count">Matching completions that make an event; 0 for any number.</param>
/// <param name="PeriodNanoseconds">How long after the first of them; 0 for without limit.</param>
internal sealed record CompletionModeration(int Count, long PeriodNanoseconds);

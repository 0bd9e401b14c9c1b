namespace RdmaPipeline.Verbs;

/// <summary>What became of a completion offered to a <see cref="CompletionRing"/>.</summary>
internal enum CompletionPush
{
    /// <summary>It is in the ring.</summary>
    Done,
    /// <summary>The ring holds as many as it may.</summary>
    Full,
    /// <summary>The ring takes no more: go on with <see cref="CompletionRing.Next"/>.</summary>
    Sealed,
}

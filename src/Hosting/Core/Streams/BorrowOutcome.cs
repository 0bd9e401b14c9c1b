namespace RdmaPipeline.Hosting.Streams;

/// <summary>What a reader has got of a stream.</summary>
internal enum BorrowOutcome
{
    /// <summary>Nothing.</summary>
    Nothing,

    /// <summary>Data.</summary>
    More,

    /// <summary>The last data, or none: nothing follows.</summary>
    End,
}

namespace RdmaPipeline.Hosting.Streams;

/// <summary>What a message says besides its data.</summary>
[Flags]
internal enum StreamFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>No data follows: the end of the stream in this direction.</summary>
    Finished = 1,

    /// <summary>The sender reads no more and goes away: send it nothing.</summary>
    Closed = 2,

    /// <summary>Not all that was written was sent.</summary>
    Aborted = 4,
}

namespace RdmaPipeline.Hosting.Streams;

/// <summary>The kinds of work requests of a stream.</summary>
internal enum StreamWork : byte
{
    /// <summary>A message to come.</summary>
    Receive,

    /// <summary>A message with data.</summary>
    Data,

    /// <summary>A message without data.</summary>
    Control,
}

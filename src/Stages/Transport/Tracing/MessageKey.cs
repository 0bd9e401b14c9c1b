namespace RdmaPipeline.Transport.Tracing;

/// <summary>How both ends know a message while it is under way: its queue pairs, and the PSN of its first packet.</summary>
internal readonly record struct MessageKey(uint Source, uint Destination, uint First);

namespace RdmaPipeline.Cli.Explain;

/// <summary>Something that went wrong on the way, or was done about it.</summary>
/// <param name="Nanoseconds">Since the beginning of the capture, or of the span.</param>
/// <param name="Packet">The packet of the capture; null in a trace.</param>
/// <param name="Psn">The PSN it is about; null when none.</param>
/// <param name="Kind">What: the name of a span's event, or of what a capture shows.</param>
/// <param name="Text">In words.</param>
internal sealed record ExplainedEvent(long Nanoseconds, int? Packet, uint? Psn, string Kind, string Text);

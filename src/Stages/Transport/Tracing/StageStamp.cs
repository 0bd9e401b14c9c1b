namespace RdmaPipeline.Transport.Tracing;

/// <summary>When a stage worked on a burst, in nanoseconds of the device's clock.</summary>
/// <param name="Stage">The stage's name.</param>
/// <param name="Start">When it was given the burst, or began to make it.</param>
/// <param name="End">When it passed it on; 0 while it has it.</param>
internal record struct StageStamp(string Stage, long Start, long End);

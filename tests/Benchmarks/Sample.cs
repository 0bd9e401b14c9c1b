namespace RdmaPipeline.Benchmarks;

/// <summary>What one timed sample of one case gave.</summary>
/// <param name="Value">The figure: bytes per second, or seconds of half a round trip.</param>
/// <param name="Packets">Packets sent by both ends; 0 where the case has none.</param>
/// <param name="SystemCalls">System calls that moved data, by both ends; 0 where they are not counted.</param>
/// <param name="AllocatedBytes">Bytes allocated by the whole process during the sample.</param>
/// <param name="PayloadBytes">Bytes moved for the program; 0 where allocation is told by packet.</param>
internal readonly record struct Sample(double Value, long Packets, long SystemCalls, long AllocatedBytes, long PayloadBytes = 0);

namespace RdmaPipeline.Testing.Simulation;

/// <summary>Takes a frame that leaves a <see cref="SimulatedNode"/>.</summary>
/// <param name="frame">A RoCEv2 Ethernet frame; to be copied.</param>
/// <param name="transportOffset">Where its BTH begins.</param>
public delegate void FrameDeparture(ReadOnlySpan<byte> frame, int transportOffset);

namespace RdmaPipeline.Testing.Simulation;

/// <summary>Takes the frames that come out of a <see cref="SimulatedLink"/>.</summary>
/// <param name="frame">The frame; valid during the call.</param>
public delegate void FrameSink(ReadOnlySpan<byte> frame);

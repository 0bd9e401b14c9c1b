namespace RdmaPipeline.Hosting.Control.Taps;

/// <summary>What cannot be tapped; the message says why, and what there is.</summary>
internal sealed class TapRefusedException(string message) : Exception(message);

namespace RdmaPipeline.Protocol;

/// <summary>A state that should be impossible was seen: a bug in this library, never the fault of a packet or a caller.</summary>
public sealed class InvariantViolationException(string message) : Exception(message);

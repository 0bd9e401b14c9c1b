namespace RdmaPipeline.Backends.Decorators;

/// <summary>Learns of each fault, before it strikes: for coverage counts and logs.</summary>
/// <param name="kind">The fault, never <see cref="FaultKind.None"/>.</param>
/// <param name="direction">On which side.</param>
/// <param name="ordinal">How many packets passed on this side before, from 0.</param>
/// <param name="transport">The packet from its BTH (whose first byte is the opcode) through the ICRC; valid during the call.</param>
public delegate void FaultObserver(FaultKind kind, FaultDirection direction, long ordinal, ReadOnlySpan<byte> transport);

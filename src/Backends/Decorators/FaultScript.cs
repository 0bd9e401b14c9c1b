namespace RdmaPipeline.Backends.Decorators;

/// <summary>Decides the fate of a packet before chance does (R-BE-21): by its number, its opcode, its sequence number.</summary>
/// <param name="direction">On which side.</param>
/// <param name="ordinal">How many packets passed on this side before, from 0.</param>
/// <param name="transport">The packet from its BTH through the ICRC; valid during the call.</param>
/// <returns>The fault, or null to leave it to chance.</returns>
public delegate FaultKind? FaultScript(FaultDirection direction, long ordinal, ReadOnlySpan<byte> transport);

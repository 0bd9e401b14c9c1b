namespace RdmaPipeline.Verbs;

/// <summary>The path to migrate to; native InfiniBand only (R-VERB-21).</summary>
/// <param name="AddressVector">The way to the peer.</param>
/// <param name="PkeyIndex">Index into the P_Key table of the port.</param>
/// <param name="Port">The local port, from 1.</param>
/// <param name="Timeout">Timeout code, 0 to 31.</param>
public sealed record AlternatePath(AddressVector AddressVector, int PkeyIndex, int Port, int Timeout);

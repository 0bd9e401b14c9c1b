namespace RdmaPipeline.Verbs;

/// <summary>
/// What an address handle stands for at one moment. A posted work request keeps it, so that changing or ending the handle does not touch
/// sends that were posted before (verbs.md section 2).
/// </summary>
/// <param name="Vector">The way to the peer.</param>
/// <param name="ProtectionDomain">The domain of the handle, which must be the queue pair's (R-REQ-57).</param>
internal sealed record DatagramDestination(AddressVector Vector, uint ProtectionDomain);

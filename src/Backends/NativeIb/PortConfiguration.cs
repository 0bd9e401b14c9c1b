namespace RdmaPipeline.Backends.NativeIb;

/// <summary>What a subnet manager gives a port.</summary>
/// <param name="Lid">The base LID, unicast.</param>
/// <param name="LidMaskControl">LMC, 0 to 7; so many low bits of the LID are 0.</param>
/// <param name="ManagerLid">The LID of the subnet manager, unicast.</param>
/// <param name="State">
/// The state to go to; null stays. <see cref="LinkState.Down"/> retrains the link, which comes up in INIT.
/// </param>
public readonly record struct PortConfiguration(ushort Lid, int LidMaskControl, ushort ManagerLid, LinkState? State);

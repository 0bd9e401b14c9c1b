namespace RdmaPipeline.Backends;

/// <summary>State of a back-end's port at the moment it was asked.</summary>
/// <param name="State">Logical state.</param>
/// <param name="ActiveMtu">Largest payload per packet now, in bytes: 256, 512, 1024, 2048 or 4096 (R-WIRE-19); 0 if none fits.</param>
/// <param name="MaxMtu">Largest payload the back-end could ever carry, in bytes.</param>
/// <param name="SpeedMegabits">Speed in megabits per second; 0 if the medium has none.</param>
public readonly record struct LinkStatus(LinkState State, int ActiveMtu, int MaxMtu, long SpeedMegabits)
{
    /// <summary>Base LID of a native InfiniBand port; 0 until one is assigned, and on Ethernet (R-BE-52).</summary>
    public ushort Lid { get; init; }

    /// <summary>LMC: how many low bits of the LID are path bits, 0 to 7.</summary>
    public int LidMaskControl { get; init; }

    /// <summary>LID of the subnet manager; 0 while there is none, and on Ethernet.</summary>
    public ushort SubnetManagerLid { get; init; }

    /// <summary>Whether packets can flow.</summary>
    public bool IsUp => State == LinkState.Active;
}

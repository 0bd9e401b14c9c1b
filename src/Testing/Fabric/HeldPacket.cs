namespace RdmaPipeline.Testing;

/// <summary>A packet that waits for others to overtake it.</summary>
internal sealed class HeldPacket(FabricPacket packet, int waiting, int cuts)
{
    /// <summary>When it goes on although too few have overtaken it.</summary>
    public const long LongestNanoseconds = 1_000_000;

    public FabricPacket Packet => packet;

    /// <summary>How often the cable had been out when it came.</summary>
    public int Cuts => cuts;

    /// <summary>How many more must pass.</summary>
    public int Waiting { get; set; } = waiting;
}

namespace RdmaPipeline.Testing;

/// <summary>A packet that waits for others to overtake it.</summary>
internal sealed class HeldPacket(FabricPacket packet, int waiting)
{
    /// <summary>When it goes on although too few have overtaken it.</summary>
    public const long LongestNanoseconds = 1_000_000;

    public FabricPacket Packet => packet;

    /// <summary>How many more must pass.</summary>
    public int Waiting { get; set; } = waiting;
}

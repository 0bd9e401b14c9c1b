namespace RdmaPipeline.Backends.Framing;

/// <summary>The UDP source port that spreads flows over equal-cost paths (R-WIRE-6).</summary>
public static class FlowEntropy
{
    private const uint LabelMask = 0xF_FFFF;
    private const uint PortMask = 0x3FFF;
    private const ushort FirstPort = 0xC000;

    /// <summary>The port of a connection: the same for both directions, and constant.</summary>
    /// <param name="flowLabel">Flow label of the address vector, 20 bits; 0 derives one from the queue pairs.</param>
    /// <param name="localQueuePair">24 bits.</param>
    /// <param name="remoteQueuePair">24 bits.</param>
    /// <returns>0xC000 to 0xFFFF.</returns>
    public static ushort SourcePort(uint flowLabel, uint localQueuePair, uint remoteQueuePair)
    {
        var label = flowLabel & LabelMask;
        if (label == 0)
        {
            var product = (ulong)localQueuePair * remoteQueuePair;
            product ^= product >> 20;
            product ^= product >> 40;
            label = (uint)product & LabelMask;
        }

        return (ushort)(FirstPort | ((label & PortMask) ^ ((label & ~PortMask) >> 14)));
    }
}

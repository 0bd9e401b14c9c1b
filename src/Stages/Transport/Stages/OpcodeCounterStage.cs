using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.Transport.Stages;

/// <summary>Counts packets by opcode and passes them on. Behind <c>receive</c>, where nothing is decoded yet, it counts nothing.</summary>
public sealed class OpcodeCounterStage : PacketStage
{
    /// <summary>Makes a counter.</summary>
    /// <param name="counts">Where it counts; of this instance alone. Null for counts of its own.</param>
    public OpcodeCounterStage(OpcodeCounts? counts = null) => Counts = counts ?? new OpcodeCounts();

    /// <summary>What was counted. Any thread.</summary>
    public OpcodeCounts Counts { get; }

    /// <inheritdoc/>
    protected override void Process(ref PacketBurst burst)
    {
        for (int i = 0; i < burst.Count; i++)
            Counts.Count(Header(burst, i));
    }
}

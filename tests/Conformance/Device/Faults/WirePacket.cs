using RdmaPipeline.Protocol.Wire;

namespace RdmaPipeline.ConformanceTests.Device.Faults;

/// <summary>What a <see cref="Wire"/> remembers of a packet.</summary>
internal readonly record struct WirePacket(uint To, Opcode Opcode, uint Psn, Aeth? Aeth)
{
    /// <summary>The answer as the fault matrix writes it; null for one that is none or grants the request.</summary>
    public string? Refusal => Aeth switch
    {
        { Kind: AethKind.RnrNak } => "RNR",
        { Kind: AethKind.Nak } aeth => $"NAK {aeth.Code}",
        _ => null,
    };
}

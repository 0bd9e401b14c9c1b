using RdmaPipeline.Protocol.Sequence;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>A work request as its packets show it.</summary>
/// <param name="Opcode">What was asked for.</param>
/// <param name="First">The first PSN that it consumed.</param>
/// <param name="PsnCount">How many it consumed (R-REQ-5).</param>
/// <param name="FirstFrame">The packet that began it.</param>
/// <param name="Data">What it carried.</param>
internal sealed record SentMessage(SendOpcode Opcode, Psn First, int PsnCount, CapturedFrame FirstFrame, byte[] Data)
{
    public Psn Last => First + (PsnCount - 1);

    /// <summary>Bytes to send, or to read.</summary>
    public uint Length => Opcode switch
    {
        SendOpcode.RdmaRead => FirstFrame.View.Reth.DmaLength,
        SendOpcode.CompareAndSwap or SendOpcode.FetchAndAdd => sizeof(ulong),
        _ => (uint)Data.Length,
    };

    public bool Solicited { get; init; }

    public uint Immediate { get; init; }

    public uint InvalidateKey { get; init; }

    public bool AwaitsData => Opcode is SendOpcode.RdmaRead || IsAtomic;

    public bool IsAtomic => Opcode is SendOpcode.CompareAndSwap or SendOpcode.FetchAndAdd;

    public bool IsWrite => Opcode is SendOpcode.RdmaWrite or SendOpcode.RdmaWriteWithImmediate;

    /// <summary>It completes a receive at the other side.</summary>
    public bool TakesReceive => !AwaitsData && Opcode != SendOpcode.RdmaWrite;

    public bool Holds(Psn psn) => psn.StepsFrom(First) < PsnCount;

    /// <summary>The remote memory, of a WRITE, READ or atomic.</summary>
    public (uint Key, ulong Address) Remote()
    {
        var view = FirstFrame.View;
        if (IsAtomic) return (view.AtomicEth.RemoteKey, view.AtomicEth.VirtualAddress);
        return FirstFrame.Traits.Has(HeaderLayout.Reth) ? (view.Reth.RemoteKey, view.Reth.VirtualAddress) : default;
    }
}

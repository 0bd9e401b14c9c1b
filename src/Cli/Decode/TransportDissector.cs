using RdmaPipeline.Protocol.Wire;
using static RdmaPipeline.Cli.Decode.DissectedField;

namespace RdmaPipeline.Cli.Decode;

/// <summary>The BTH and the extension headers as fields.</summary>
internal static class TransportDissector
{
    private static readonly (HeaderLayout Header, Describer Describe)[] Extensions =
    [
        (HeaderLayout.Rdeth, (in p) => new DissectedHeader("rdeth", Hex("eeContext", p.Rdeth.EndToEndContext, 6))),
        (HeaderLayout.Deth, (in p) => new DissectedHeader("deth",
            Hex("qkey", p.Deth.QueueKey, 8), Hex("sourceQp", p.Deth.SourceQueuePair, 6))),
        (HeaderLayout.XrcEth, (in p) => new DissectedHeader("xrceth", Hex("srq", p.XrcEth.SharedReceiveQueue, 6))),
        (HeaderLayout.Feth, (in p) => new DissectedHeader("feth",
            Hex("placement", (ulong)p.Feth.Placement, 1), Decimal("selectivity", (ulong)p.Feth.Selectivity))),
        (HeaderLayout.Reth, (in p) => new DissectedHeader("reth",
            Hex("va", p.Reth.VirtualAddress, 16), Hex("rkey", p.Reth.RemoteKey, 8), Decimal("length", p.Reth.DmaLength))),
        (HeaderLayout.AtomicEth, (in p) => new DissectedHeader("atomiceth",
            Hex("va", p.AtomicEth.VirtualAddress, 16), Hex("rkey", p.AtomicEth.RemoteKey, 8),
            Hex("swapOrAdd", p.AtomicEth.SwapOrAdd, 16), Hex("compare", p.AtomicEth.Compare, 16))),
        (HeaderLayout.Aeth, (in p) => new DissectedHeader("aeth",
            Hex("syndrome", p.Aeth.Syndrome, 2), new DissectedField("kind", KindOf(p.Aeth)), Decimal("msn", p.Aeth.Msn))),
        (HeaderLayout.AtomicAckEth, (in p) => new DissectedHeader("atomicacketh", Hex("original", p.AtomicAckEth.OriginalRemoteData, 16))),
        (HeaderLayout.ImmDt, (in p) => new DissectedHeader("immdt", Hex("data", p.ImmDt.Value, 8))),
        (HeaderLayout.Ieth, (in p) => new DissectedHeader("ieth", Hex("rkey", p.Ieth.RemoteKey, 8))),
    ];

    private delegate DissectedHeader Describer(in PacketView packet);

    public static void AddTo(List<DissectedHeader> headers, in PacketView packet)
    {
        headers.Add(Bth(packet));
        foreach (var (header, describe) in Extensions)
        {
            if (packet.Traits.Has(header))
                headers.Add(describe(packet));
        }
    }

    private static DissectedHeader Bth(in PacketView packet) => new("bth",
        Hex("opcode", (ulong)packet.Opcode, 2), new DissectedField("name", packet.Traits.ToString()), Flag("se", packet.Solicited),
        Flag("m", packet.MigrationRequest), Decimal("pad", (ulong)packet.PadCount), Hex("pkey", packet.PartitionKey, 4),
        Flag("fecn", packet.ForwardCongestion), Flag("becn", packet.BackwardCongestion), Hex("destQp", packet.DestinationQueuePair, 6),
        Flag("a", packet.AckRequest), Hex("psn", packet.Psn.Value, 6));

    private static string KindOf(in Aeth aeth) => aeth.Kind switch
    {
        AethKind.Ack => aeth.Code == Aeth.UnlimitedCredit ? "ACK, no credit limit" : $"ACK, credit code {aeth.Code}",
        AethKind.RnrNak => $"RNR NAK, timer {aeth.Code}",
        AethKind.Nak => $"NAK {aeth.NakCode}",
        _ => "reserved",
    };
}

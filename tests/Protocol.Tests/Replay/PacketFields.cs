using RdmaPipeline.Backends.Framing.Crc;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Protocol.Tests.Replay;

/// <summary>Compares two packets field by field.</summary>
internal static class PacketFields
{
    /// <summary>Compares a packet of ours with the one in a frame, byte for byte with headers, pad and ICRC.</summary>
    /// <param name="theirs">The frame of Soft-RoCE.</param>
    /// <param name="covered">Our packet, BTH through pad.</param>
    /// <returns>Null when the frames are the same; else what is different.</returns>
    public static string? Compare(CapturedFrame theirs, byte[] covered)
    {
        var frame = theirs.With(covered, out var transport);
        if (frame.AsSpan().SequenceEqual(theirs.Bytes)) return null;
        Assert.Equal(DropReason.None, PacketView.TryParse(transport, out var ours));
        var (left, right) = (List(theirs.View), List(ours));
        var names = left.Keys.Union(right.Keys);
        var differing = names.Where(name => left.GetValueOrDefault(name) != right.GetValueOrDefault(name))
            .Select(name => $"{name} {left.GetValueOrDefault(name, "none")} / {right.GetValueOrDefault(name, "none")}").ToList();
        return differing.Count == 0 ? "bytes that belong to no field" : string.Join(", ", differing);
    }

    private static Dictionary<string, string> List(in PacketView view)
    {
        var fields = new Dictionary<string, string>
        {
            ["opcode"] = view.Traits.ToString(),
            ["psn"] = view.Psn.ToString(),
            ["A"] = view.AckRequest ? "1" : "0",
            ["SE"] = view.Solicited ? "1" : "0",
            ["M"] = view.MigrationRequest ? "1" : "0",
            ["pad"] = $"{view.PadCount}",
            ["P_Key"] = $"0x{view.PartitionKey:x4}",
            ["DestQP"] = $"0x{view.DestinationQueuePair:x}",
            ["payload"] = $"{view.PayloadLength} bytes {Crc(view.Payload):x8}",
        };
        var traits = view.Traits;
        if (traits.Has(HeaderLayout.Reth)) fields["RETH"] = $"{view.Reth}";
        if (traits.Has(HeaderLayout.AtomicEth)) fields["AtomicETH"] = $"{view.AtomicEth}";
        if (traits.Has(HeaderLayout.Aeth)) (fields["syndrome"], fields["MSN"]) = ($"0x{view.Aeth.Syndrome:x2}", $"{view.Aeth.Msn}");
        if (traits.Has(HeaderLayout.AtomicAckEth)) fields["original"] = $"0x{view.AtomicAckEth.OriginalRemoteData:x}";
        if (traits.Has(HeaderLayout.ImmDt)) fields["ImmDt"] = $"0x{view.ImmDt.Value:x}";
        if (traits.Has(HeaderLayout.Ieth)) fields["IETH"] = $"0x{view.Ieth.RemoteKey:x}";
        if (traits.Has(HeaderLayout.Deth)) fields["DETH"] = $"{view.Deth}";
        return fields;
    }

    private static uint Crc(ReadOnlySpan<byte> data) => Crc32.Append(uint.MaxValue, data);
}

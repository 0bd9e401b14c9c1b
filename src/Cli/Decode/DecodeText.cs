using RdmaPipeline.Telemetry;

namespace RdmaPipeline.Cli.Decode;

/// <summary>Decoded packets for a person.</summary>
internal static class DecodeText
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    public static void Write(TextWriter output, IReadOnlyList<DissectedPacket> packets, DecodeSummary summary)
    {
        var start = packets.Count > 0 ? packets[0].Nanoseconds : 0;
        foreach (var packet in packets)
            Write(output, packet, packet.Nanoseconds - start);
        output.WriteLine($"{summary.Rdma} RDMA packets, {summary.PassedOver} others passed over, {summary.Failed} failed");
    }

    private static void Write(TextWriter output, DissectedPacket packet, long sinceStart)
    {
        var (seconds, rest) = Math.DivRem(sinceStart, NanosecondsPerSecond);
        output.WriteLine($"#{packet.Number} +{seconds}.{Math.Abs(rest):d9} s {packet.Kind}{(packet.IsGood ? "" : " FAILED")}");
        foreach (var header in packet.Headers)
            output.WriteLine($"    {header.Name,-12} {string.Join(' ', header.Fields.Select(f => $"{f.Name}={f.Text}"))}");
        if (packet.PayloadLength > 0)
            output.WriteLine($"    payload      {packet.PayloadLength} bytes");
        if (packet.Fault != DropReason.None)
            output.WriteLine($"    fault        {DropReasons.Name(packet.Fault)}");
        if (packet.Icrc is not null)
            output.WriteLine($"    icrc         {packet.Icrc}");
        if (packet.Vcrc is not null)
            output.WriteLine($"    vcrc         {packet.Vcrc}");
        if (packet.Comment is not null)
            output.WriteLine($"    comment      {packet.Comment}");
    }
}

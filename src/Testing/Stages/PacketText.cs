using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.Testing;

/// <summary>Everything of a burst that whoever holds it may read, as text: two that are equal look the same.</summary>
internal static class PacketText
{
    public static string Of(PacketBurst burst)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{burst.State}, {burst.Count} packets, {burst.Path}");
        foreach (var run in burst.Runs.AsSpan(0, burst.RunCount))
            text.Append(CultureInfo.InvariantCulture, $", {run}");
        for (var i = 0; i < burst.Count; i++)
            Append(text, burst, i);
        return text.ToString();
    }

    private static void Append(StringBuilder text, PacketBurst burst, int index)
    {
        ref readonly var packet = ref burst.Packets[index];
        text.Append(CultureInfo.InvariantCulture,
            $"\n{packet.TransportOffset}+{packet.TransportLength} in {packet.FrameOffset}+{packet.FrameLength},");
        text.Append(CultureInfo.InvariantCulture,
            $" {packet.HeaderLength}+{packet.PayloadLength}+{packet.PadCount}, {packet.SegmentStart}+{packet.SegmentCount},");
        text.Append(CultureInfo.InvariantCulture, $" to {packet.DestinationQueuePair}, {packet.Icrc}, {packet.Drop}: ");
        if (burst.State != BurstStage.Unencoded)
        {
            Append(text, burst.Bytes(packet.FrameOffset, packet.FrameLength));
            return;
        }

        var payload = new byte[packet.PayloadLength];
        burst.CopyPayloadTo(packet, payload);
        Append(text, burst.HeaderArea(index)[..packet.HeaderLength]);
        Append(text, payload);
    }

    private static void Append(StringBuilder text, ReadOnlySpan<byte> bytes) =>
        text.Append(bytes.Length <= 32 ? Convert.ToHexString(bytes) : Convert.ToHexString(SHA256.HashData(bytes)));
}

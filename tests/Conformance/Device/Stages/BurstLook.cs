using System.Globalization;
using System.Text;
using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.ConformanceTests.Device.Stages;

/// <summary>Everything that an onlooker may read of a burst, as text.</summary>
internal static class BurstLook
{
    public static string Of(PacketBurst burst)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{burst.State} {burst.Count} {burst.Path} runs {burst.RunCount}:");
        foreach (var run in burst.Runs.AsSpan(0, burst.RunCount))
            text.Append(CultureInfo.InvariantCulture, $" {run}");
        for (int i = 0; i < burst.Count; i++)
        {
            ref readonly var packet = ref burst.Packets[i];
            text.Append(CultureInfo.InvariantCulture,
                $"\n{packet.TransportOffset}+{packet.TransportLength} {packet.FrameOffset}+{packet.FrameLength} {packet.HeaderLength}");
            text.Append(CultureInfo.InvariantCulture, $" {packet.PayloadLength} {packet.PadCount} {packet.SegmentStart}");
            text.Append(CultureInfo.InvariantCulture, $" {packet.SegmentCount} {packet.DestinationQueuePair} {packet.Icrc} {packet.Drop} ");
            var frame = burst.Bytes(packet.FrameOffset, packet.FrameLength);
            text.Append(burst.State == BurstStage.Unencoded ? Unencoded(burst, i) : Hash(frame));
        }
        return text.ToString();
    }

    private static unsafe string Unencoded(PacketBurst burst, int index)
    {
        ref readonly var packet = ref burst.Packets[index];
        var text = new StringBuilder(Hash(burst.HeaderArea(index)[..packet.HeaderLength]));
        foreach (var segment in burst.Segments.AsSpan(packet.SegmentStart, packet.SegmentCount))
            text.Append('+').Append(Hash(new ReadOnlySpan<byte>((void*)segment.Address, segment.Length)));
        return text.ToString();
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes));
}

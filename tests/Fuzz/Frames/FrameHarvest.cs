using System.Text.Json;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.FuzzTests.Frames;

/// <summary>Makes inputs of real frames: each vector, and of each capture the first frame of each opcode.</summary>
internal static class FrameHarvest
{
    private const byte Ethernet = 0;
    private const byte Native = 1;
    private const byte Socket = 2;
    private const int MostBytes = 640;

    public static IEnumerable<byte[]> From(string protocolTests)
    {
        using var vectors = JsonDocument.Parse(File.ReadAllText(Path.Combine(protocolTests, "Wire", "vectors.json")));
        foreach (var vector in vectors.RootElement.EnumerateArray())
        {
            var isNative = vector.GetProperty("vcrc").ValueKind != JsonValueKind.Null;
            yield return Input(isNative ? Native : Ethernet, Convert.FromHexString(vector.GetProperty("frame").GetString()!));
        }

        foreach (var input in FromCaptures(Path.Combine(protocolTests, "Captures", "data"))) yield return input;
    }

    private static IEnumerable<byte[]> FromCaptures(string folder)
    {
        var seen = new HashSet<(FrameKind Kind, byte Opcode)>();
        foreach (var packet in Directory.EnumerateFiles(folder, "*.pcap").Order(StringComparer.Ordinal).SelectMany(CaptureReader.ReadFile))
        {
            var frame = packet.Data.ToArray();
            var layout = EthernetFrame.Locate(frame);
            if (!layout.IsSound || packet.IsCut || !seen.Add((layout.Kind, frame[layout.TransportOffset]))) continue;
            yield return Input(Ethernet, frame);
            yield return Input(Socket, frame[layout.TransportOffset..(layout.TransportOffset + layout.TransportLength)]);
        }
    }

    // The end of a long frame is payload: it is cut, and lengths and CRC are made right when it is tried.
    private static byte[] Input(byte codec, byte[] frame) => [codec, 0, 0, 0, .. frame.AsSpan(0, Math.Min(frame.Length, MostBytes))];
}

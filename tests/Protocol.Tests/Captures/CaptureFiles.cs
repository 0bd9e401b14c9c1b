using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.Protocol.Tests.Captures;

/// <summary>The captures of real Soft-RoCE traffic beside the tests.</summary>
internal static class CaptureFiles
{
    public static IReadOnlyList<string> Paths { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Captures", "data"), "*.pcap").Order(StringComparer.Ordinal)];

    public static IEnumerable<CapturedPacket> AllPackets => Paths.SelectMany(CaptureReader.ReadFile);

    /// <summary>Every RoCEv2 frame of every file.</summary>
    public static IEnumerable<byte[]> RdmaFrames => AllPackets.Select(p => p.Data.ToArray())
        .Where(f => EthernetFrame.Locate(f).Kind != FrameKind.None);
}

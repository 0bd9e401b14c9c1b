using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.Cli.Decode;

/// <summary>The command <c>decode</c>: prints every RDMA packet of a capture with the verdict on its CRCs.</summary>
internal static class DecodeCommand
{
    /// <summary>Every RDMA packet is sound and its CRCs are right.</summary>
    public const int Success = 0;

    /// <summary>At least one packet is malformed, cut, or has a wrong CRC.</summary>
    public const int BadPackets = 1;

    /// <summary>The file cannot be read or is no capture.</summary>
    public const int BadFile = 2;

    /// <summary>Decodes a capture file.</summary>
    /// <param name="file">A pcap or pcapng file of link type Ethernet or InfiniBand.</param>
    /// <param name="output">Where to print.</param>
    /// <param name="error">Where to say that the file cannot be read.</param>
    /// <param name="json">One JSON document instead of text.</param>
    /// <returns>The exit code.</returns>
    public static int Run(string file, TextWriter output, TextWriter error, bool json)
    {
        IReadOnlyList<CapturedPacket> captured;
        try
        {
            captured = CaptureReader.ReadFile(file);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            error.WriteLine($"rdmapipe: {file}: {fault.Message.ReplaceLineEndings(" ")}");
            return BadFile;
        }

        var packets = captured.Select(PacketDissector.Dissect).OfType<DissectedPacket>().ToList();
        var summary = new DecodeSummary(file, packets.Count, captured.Count - packets.Count, packets.Count(p => !p.IsGood));
        if (json)
            DecodeJson.Write(output, packets, summary);
        else
            DecodeText.Write(output, packets, summary);
        return summary.Failed == 0 ? Success : BadPackets;
    }
}

using System.Buffers.Binary;

namespace RdmaPipeline.Testing.Captures;

/// <summary>Reads capture files: pcap (microseconds and nanoseconds) and pcapng, of either byte order.</summary>
public static class CaptureReader
{
    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Its packets, in order.</returns>
    /// <exception cref="CaptureFormatException">The file is no capture, or is damaged.</exception>
    public static IReadOnlyList<CapturedPacket> ReadFile(string path) => Read(File.ReadAllBytes(path));

    /// <summary>Reads a capture that is in memory.</summary>
    /// <param name="bytes">The bytes of the file; the packets refer to them.</param>
    /// <returns>Its packets, in order.</returns>
    /// <exception cref="CaptureFormatException">The bytes are no capture, or are damaged.</exception>
    public static IReadOnlyList<CapturedPacket> Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < sizeof(uint))
            throw new CaptureFormatException($"A file of {bytes.Length} bytes is no capture.");
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(bytes.Span);
        return magic == PcapNgReader.SectionHeaderBlock ? new PcapNgReader(bytes).Read() : PcapReader.Read(bytes, magic);
    }
}

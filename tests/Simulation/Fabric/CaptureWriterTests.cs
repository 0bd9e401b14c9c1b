using System.Text;
using RdmaPipeline.Backends.Captures;
using RdmaPipeline.Testing.Captures;

namespace RdmaPipeline.SimulationTests.Fabric;

/// <summary>The pcapng writer: byte for byte by the format's description, and round trips through the reader.</summary>
public sealed class CaptureWriterTests
{
    [Fact]
    public void EveryBlockIsLaidOutByTheDescription()
    {
        using var stream = new MemoryStream();
        var writer = new PcapNgWriter(stream, "app", "hi");
        writer.AddInterface(LinkLayerType.InfiniBand, "ib0");
        writer.Write(0, (7L << 32) + 9, [1, 2, 3, 4, 5], "c", PacketDirection.Inbound);
        var expected = Convert.FromHexString(string.Concat(
            // Section header: type, length, byte order, version 1.0, length unknown, comment, application, end, length.
            "0A0D0D0A", "30000000", "4D3C2B1A", "0100", "0000", "FFFFFFFFFFFFFFFF", "01000200", "68690000", "04000300", "61707000",
            "00000000", "30000000",
            // Interface: link type 247, no snap length, name, resolution 10^-9, end.
            "01000000", "28000000", "F700", "0000", "00000000", "02000300", "69623000", "09000100", "09000000", "00000000", "28000000",
            // Packet: interface, time high and low, captured, original, data, comment, flags, end.
            "06000000", "3C000000", "00000000", "07000000", "09000000", "05000000", "05000000", "0102030405000000", "01000100", "63000000",
            "02000400", "01000000", "00000000", "3C000000"));
        Assert.Equal(expected, stream.ToArray());
    }

    [Fact]
    public void WhatWasWrittenIsRead()
    {
        using var stream = new MemoryStream();
        var writer = new PcapNgWriter(stream, "tests");
        var (ethernet, native) = (writer.AddInterface(LinkLayerType.Ethernet, "a"), writer.AddInterface(LinkLayerType.InfiniBand, "b"));
        var frames = Enumerable.Range(0, 20).Select(length => Enumerable.Range(0, length).Select(i => (byte)(i * 7)).ToArray()).ToArray();
        foreach (var frame in frames)
        {
            writer.Write(ethernet, frame.Length * 1_000_000_007L, frame, $"{frame.Length} µs");
            writer.Write(native, long.MaxValue - frame.Length, frame);
        }

        var packets = CaptureReader.Read(stream.ToArray());
        Assert.Equal(2 * frames.Length, packets.Count);
        for (int i = 0; i < packets.Count; i++)
        {
            var (packet, frame) = (packets[i], frames[i / 2]);
            bool isNative = i % 2 == 1;
            Assert.Equal(frame, packet.Data.ToArray());
            Assert.Equal(isNative ? LinkLayerType.InfiniBand : LinkLayerType.Ethernet, packet.LinkType);
            Assert.Equal(isNative ? long.MaxValue - frame.Length : frame.Length * 1_000_000_007L, packet.Nanoseconds);
            Assert.Equal(isNative ? null : $"{frame.Length} µs", packet.Comment);
        }
    }

    [Fact]
    public void ACutPacketKeepsItsOriginalLength()
    {
        using var stream = new MemoryStream();
        var writer = new PcapNgWriter(stream, "tests");
        writer.AddInterface(LinkLayerType.Ethernet, "a");
        writer.Write(0, 0, [1, 2, 3], originalLength: 4158);
        writer.Write(0, 0, [4], originalLength: 1);
        Assert.Equal(
            [(3, 4158L, true), (1, 1L, false)],
            CaptureReader.Read(stream.ToArray()).Select(packet => (packet.Data.Length, packet.OriginalLength, packet.IsCut)));
    }

    [Fact]
    public void ACommentThatIsTooLongIsCutBetweenCharacters()
    {
        using var stream = new MemoryStream();
        var writer = new PcapNgWriter(stream, "tests");
        writer.AddInterface(LinkLayerType.Ethernet, "a");
        writer.Write(0, 0, [1], new string('µ', 40_000));
        var comment = Assert.Single(CaptureReader.Read(stream.ToArray())).Comment!;
        Assert.Equal(ushort.MaxValue / 2, comment.Length);
        Assert.All(comment, character => Assert.Equal('µ', character));
        Assert.Equal(65_534, Encoding.UTF8.GetByteCount(comment));
    }

    [Fact]
    public void AnInterfaceThatWasNotDescribedIsRefused()
    {
        using var stream = new MemoryStream();
        var writer = new PcapNgWriter(stream, "tests");
        writer.AddInterface(LinkLayerType.Ethernet, "a");
        long before = stream.Length;
        var refused = Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(1, 0, [1]));
        Assert.Contains("interfaceNumber ('1') must be less than '1'", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(0, -1, [1]));
        refused = Assert.Throws<ArgumentOutOfRangeException>(() => writer.Write(0, 0, [1, 2], originalLength: 1));
        Assert.Contains("originalLength ('1') must be greater than or equal to '2'", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, stream.Length);
    }
}

using System.Buffers.Binary;
using System.Text;
using RdmaPipeline.Backends.Captures;
using RdmaPipeline.Testing.Captures;
using Xunit.Abstractions;

namespace RdmaPipeline.Protocol.Tests.Captures;

/// <summary>Both formats, both byte orders, both time resolutions, and damaged files.</summary>
public sealed class CaptureReaderTests(ITestOutputHelper output)
{
    private static readonly byte[] First = [1, 2, 3, 4, 5];
    private static readonly byte[] Second = [6, 7, 8, 9];

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void ReadsPcap(bool bigEndian, bool nanoseconds)
    {
        var packets = CaptureReader.Read(Pcap(bigEndian, nanoseconds));
        Assert.Equal(2, packets.Count);
        Assert.Equal((1, LinkLayerType.InfiniBand, 5_000_000_000 + (nanoseconds ? 6 : 6000)),
            (packets[0].Number, packets[0].LinkType, packets[0].Nanoseconds));
        Assert.Equal(First, packets[0].Data.ToArray());
        Assert.Equal(Second, packets[1].Data.ToArray());
        Assert.False(packets[0].IsCut);
        Assert.True(packets[1].IsCut);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ReadsPcapNg(bool bigEndian)
    {
        var packets = CaptureReader.Read(PcapNg(bigEndian));
        Assert.Equal([LinkLayerType.Ethernet, LinkLayerType.InfiniBand, LinkLayerType.Ethernet], packets.Select(p => p.LinkType));
        Assert.Equal((1_000_002_000L, "a remark", false), (packets[0].Nanoseconds, packets[0].Comment, packets[0].IsCut));
        Assert.Equal(First, packets[0].Data.ToArray());
        Assert.Equal((77L, null, true), (packets[1].Nanoseconds, packets[1].Comment, packets[1].IsCut));
        Assert.Equal(Second, packets[2].Data.ToArray());
    }

    [Fact]
    public void DamagedFilesAreReportedNotCrashedOn()
    {
        var random = TestSeed.Random(output);
        byte[][] files = [Pcap(false, false), Pcap(true, true), PcapNg(false), PcapNg(true)];
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var original = files[i % files.Length];
            var bytes = original[..random.Next(original.Length + 1)];
            for (var flips = random.Next(4); flips > 0 && bytes.Length > 0; flips--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                CaptureReader.Read(bytes);
            }
            catch (CaptureFormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1000, 20_000);
    }

    private static byte[] Pcap(bool bigEndian, bool nanoseconds)
    {
        var writer = new NumberWriter(bigEndian);
        writer.Add32(nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4).Add16(2).Add16(4).Add32(0).Add32(0).Add32(65535).Add32(247);
        writer.Add32(5).Add32(6).Add32((uint)First.Length).Add32((uint)First.Length).Add(First);
        writer.Add32(7).Add32(8).Add32((uint)Second.Length).Add32(100).Add(Second);
        return writer.ToArray();
    }

    private static byte[] PcapNg(bool bigEndian)
    {
        var writer = new NumberWriter(bigEndian);
        writer.Block(0x0A0D0D0A, b => b.Add32(0x1A2B3C4D).Add16(1).Add16(0).Add32(uint.MaxValue).Add32(uint.MaxValue));
        writer.Block(1, b => b.Add16(1).Add16(0).Add32(4));
        writer.Block(1, b => b.Add16(247).Add16(0).Add32(0).Add16(9).Add16(1).Add([9, 0, 0, 0]).Add16(0).Add16(0));
        writer.Block(5, b => b.Add32(0).Add32(0).Add32(0));
        writer.Block(6, b => b.Add32(0).Add32(0).Add32(1_000_002).Add32(5).Add32(5).Add([.. First, 0, 0, 0])
            .Add16(2).Add16(4).Add32(3).Add16(1).Add16(8).Add(Encoding.UTF8.GetBytes("a remark")).Add16(0).Add16(0));
        writer.Block(6, b => b.Add32(1).Add32(0).Add32(77).Add32(4).Add32(5).Add(Second));
        writer.Block(3, b => b.Add32(100).Add(Second));
        return writer.ToArray();
    }

    private sealed class NumberWriter(bool bigEndian)
    {
        private readonly List<byte> _bytes = [];

        public NumberWriter Add32(uint value)
        {
            var bytes = new byte[4];
            if (bigEndian)
                BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
            else
                BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            return Add(bytes);
        }

        public NumberWriter Add16(ushort value) => Add(bigEndian ? [(byte)(value >> 8), (byte)value] : [(byte)value, (byte)(value >> 8)]);

        public NumberWriter Add(byte[] bytes)
        {
            _bytes.AddRange(bytes);
            return this;
        }

        public void Block(uint type, Action<NumberWriter> writeBody)
        {
            var body = new NumberWriter(bigEndian);
            writeBody(body);
            var length = (uint)(body._bytes.Count + 12);
            Add32(type).Add32(length).Add(body.ToArray()).Add32(length);
        }

        public byte[] ToArray() => [.. _bytes];
    }
}

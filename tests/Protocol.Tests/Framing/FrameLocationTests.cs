using System.Buffers.Binary;
using System.Net;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Framing.Headers;
using RdmaPipeline.Protocol.Tests.Wire;
using RdmaPipeline.Telemetry;
using Xunit.Abstractions;

namespace RdmaPipeline.Protocol.Tests.Framing;

/// <summary>Link and network checks (R-WIRE-1..6, R-WIRE-10, R-WIRE-25, R-BE-41, R-BE-54).</summary>
public sealed class FrameLocationTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("V-10")]
    [InlineData("V-12")]
    [InlineData("V-28")]
    public void EthernetPaddingDoesNoHarm(string id)
    {
        var frame = TestVector.Of(id).Bytes;
        byte[] padded = [.. frame, .. new byte[30]];
        Assert.Equal(EthernetFrame.Locate(frame), EthernetFrame.Locate(padded));
        Assert.True(Icrc.Verify(padded, EthernetFrame.Locate(padded)));
    }

    [Theory]
    [InlineData("V-10")]
    [InlineData("V-12")]
    [InlineData("V-28")]
    public void AVlanTagIsSteppedOver(string id)
    {
        var frame = TestVector.Of(id).Bytes;
        byte[] tagged = [.. frame[..12], 0x81, 0x00, 0xA0, 0x07, .. frame[12..]];
        var layout = EthernetFrame.Locate(tagged);
        Assert.True(layout.IsSound && Icrc.Verify(tagged, layout));
        var etherType = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(12));
        Assert.Equal(new VlanTag(5, false, 7, etherType), FrameHeaders.Read(tagged, layout).Vlan);
        Assert.Equal(tagged, Reencoder.Rewrite(tagged, layout));
    }

    [Theory]
    [InlineData("V-10", 20, 0x20, DropReason.BadHeader)]
    [InlineData("V-10", 22, 0x00, DropReason.BadHeader)]
    [InlineData("V-10", 39, 0x21, DropReason.BadLength)]
    [InlineData("V-12", 19, 0x21, DropReason.BadLength)]
    [InlineData("V-28", 14, 0x46, DropReason.BadHeader)]
    [InlineData("V-28", 20, 0x11, DropReason.BadHeader)]
    [InlineData("V-28", 19, 0xFF, DropReason.BadLength)]
    [InlineData("V-28", 19, 0x0F, DropReason.BadLength)]
    public void AnEthernetFaultHasItsReason(string id, int offset, byte value, DropReason expected)
    {
        var frame = TestVector.Of(id).Bytes;
        frame[offset] = value;
        Assert.Equal(expected, EthernetFrame.Locate(frame).Fault);
    }

    [Fact]
    public void Ipv4OptionsAreAFault()
    {
        var frame = TestVector.Of("V-10").Bytes;
        byte[] withOptions = [.. frame[..14], 0x46, .. frame[15..34], 0, 0, 0, 0, .. frame[34..]];
        Assert.Equal((FrameKind.RoCEv2OverIpv4, DropReason.BadHeader),
            (EthernetFrame.Locate(withOptions).Kind, EthernetFrame.Locate(withOptions).Fault));
    }

    [Theory]
    [InlineData(13, 0x06)]
    [InlineData(23, 0x06)]
    [InlineData(36, 0x00)]
    [InlineData(21, 0x01)]
    public void OtherTrafficIsNobodysFault(int offset, byte value)
    {
        var frame = TestVector.Of("V-10").Bytes;
        frame[offset] = value;
        Assert.Equal(default, EthernetFrame.Locate(frame));
    }

    [Theory]
    [InlineData("V-06", 0, 0x71, DropReason.BadHeader)]
    [InlineData("V-06", 5, 0x0F, DropReason.BadLength)]
    [InlineData("V-29", 13, 0x15, DropReason.BadLength)]
    [InlineData("V-29", 14, 0x11, DropReason.BadHeader)]
    public void ANativeFaultHasItsReason(string id, int offset, byte value, DropReason expected)
    {
        var frame = TestVector.Of(id).Bytes;
        frame[offset] = value;
        Assert.Equal(expected, NativeFrame.Locate(frame).Fault);
        Assert.False(Vcrc.Verify(frame));
    }

    [Fact]
    public void ARawNativePacketHasNoTransport()
    {
        var frame = new byte[Lrh.Length + Rwh.Length + Vcrc.Length];
        new Lrh { NextHeader = LinkNextHeader.RawEtherType, PacketLength = 3, Destination = 1, Source = 2 }.Write(frame);
        new Rwh(EtherTypes.Ipv6).Write(frame.AsSpan(Lrh.Length));
        Vcrc.Write(frame);
        Assert.True(Vcrc.Verify(frame));
        Assert.Equal(FrameKind.NativeRaw, NativeFrame.Locate(frame).Kind);
        Assert.True(Rwh.TryParse(frame.AsSpan(Lrh.Length), out var rwh));
        Assert.Equal(EtherTypes.Ipv6, rwh.EtherType);
    }

    [Fact]
    public void AnyBytesGiveALayout()
    {
        var random = TestSeed.Random(output);
        foreach (var vector in TestVector.All)
        {
            for (var i = 0; i < 1000; i++)
            {
                var frame = vector.Bytes[..random.Next(vector.Length + 1)];
                for (var flips = random.Next(6); flips > 0 && frame.Length > 0; flips--)
                    frame[random.Next(Math.Min(frame.Length, 70))] = (byte)random.Next(256);
                var layout = vector.IsNative ? NativeFrame.Locate(frame) : EthernetFrame.Locate(frame);
                if (!layout.IsSound)
                    continue;
                Assert.InRange(layout.TransportOffset + layout.TransportLength, 0, frame.Length);
                _ = Icrc.Verify(frame, layout);
                _ = FramePath.Read(frame, layout);
                _ = FrameHeaders.Read(frame, layout);
            }
        }
    }

    [Fact]
    public void IllegalLinkHeadersCannotBeBuilt()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Lrh { VirtualLane = 16 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Lrh { ServiceLevel = 16 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Lrh { PacketLength = 0x800 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Grh { FlowLabel = 1 << 20 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Ipv6Header { FlowLabel = 1 << 20 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Ipv4Header { TotalLength = 27 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new UdpHeader { DatagramLength = 7 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new VlanTag(8, false, 0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new VlanTag(0, false, 4096, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MacAddress(1ul << 48));
        Assert.Throws<ArgumentException>(() => new FrameHeaders { Kind = FrameKind.RoCEv1 }.Assemble(new byte[13]));
    }

    /// <summary>R-WIRE-5 and R-WIRE-10.</summary>
    [Theory]
    [InlineData("fe80::211:22ff:fe33:4455", "00:11:22:33:44:55")]
    [InlineData("ff0e::1234:5678", "33:33:12:34:56:78")]
    [InlineData("::ffff:239.129.2.3", "01:00:5e:01:02:03")]
    [InlineData("::ffff:10.1.2.3", "02:00:0a:01:02:03")]
    public void AMacBelongsToEachGid(string gid, string mac) =>
        Assert.Equal(mac, MacAddress.FromGid(GidAddress.FromIp(IPAddress.Parse(gid))).ToString());

    /// <summary>R-WIRE-7.</summary>
    [Fact]
    public void AGidIsAnAddress()
    {
        Assert.Equal(GidAddress.FromIpv4(0xC0000201), GidAddress.FromIp(IPAddress.Parse("192.0.2.1")));
        Assert.Equal("192.0.2.1", GidAddress.ToIp(GidAddress.FromIpv4(0xC0000201)).ToString());
        Assert.Equal("2001:db8::5", GidAddress.ToIp(new UInt128(0x20010DB800000000, 5)).ToString());
    }

    /// <summary>R-WIRE-6: the example, and both directions alike.</summary>
    [Fact]
    public void TheSourcePortSpreadsFlows()
    {
        Assert.Equal(0xC132, FlowEntropy.SourcePort(0, 0x11, 0x12));
        var random = TestSeed.Random(output);
        for (var i = 0; i < 1000; i++)
        {
            var (a, b, label) = ((uint)random.Next(1 << 24), (uint)random.Next(1 << 24), (uint)random.Next(2) * (uint)random.Next(1 << 20));
            Assert.Equal(FlowEntropy.SourcePort(label, a, b), FlowEntropy.SourcePort(label, b, a));
            Assert.InRange(FlowEntropy.SourcePort(label, a, b), 0xC000, 0xFFFF);
        }
    }
}

using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Tests.Captures;
using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Telemetry;
using Xunit.Abstractions;

namespace RdmaPipeline.Protocol.Tests.Wire;

/// <summary>
/// Any bytes give a view or a drop reason, never an exception (R-WIRE-2, R-WIRE-14, receive validation steps 3, 5 and
/// 6).
/// </summary>
public sealed class PacketViewTests(ITestOutputHelper output)
{
    [Fact]
    public void RandomBytesGiveAReasonOrAView()
    {
        var random = TestSeed.Random(output);
        var seen = new HashSet<DropReason>();
        for (var i = 0; i < 50_000; i++)
        {
            var bytes = new byte[random.Next(80)];
            random.NextBytes(bytes);
            if (bytes.Length > 1 && random.Next(2) == 0)
                bytes[1] &= 0xF0;
            seen.Add(Touch(bytes));
        }

        Assert.Equal([DropReason.None, DropReason.BadHeader, DropReason.BadOpcode, DropReason.BadLength], seen.Order());
    }

    [Fact]
    public void TruncatedAndOversizedPacketsNeverThrow()
    {
        foreach (var frame in TestVector.All.Where(v => !v.IsNative).Select(v => v.Bytes))
        {
            var layout = EthernetFrame.Locate(frame);
            var transport = frame[layout.TransportOffset..];
            for (var length = 0; length <= transport.Length; length++)
                Touch(transport[..length]);
            Touch([.. transport, .. new byte[9000]]);
        }
    }

    [Fact]
    public void FlippedBitsNeverThrow()
    {
        foreach (var frame in CaptureFiles.RdmaFrames.Take(200))
        {
            var layout = EthernetFrame.Locate(frame);
            var transport = frame.AsSpan(layout.TransportOffset, layout.TransportLength).ToArray();
            for (var bit = 0; bit < Math.Min(transport.Length, 48) * 8; bit++)
            {
                transport[bit / 8] ^= (byte)(1 << (bit % 8));
                Touch(transport);
                transport[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [Theory]
    [InlineData("0400000000000000000000000000", DropReason.BadLength)]
    [InlineData("04010000000000000000000000000000", DropReason.BadHeader)]
    [InlineData("2c000000000000000000000000000000", DropReason.BadOpcode)]
    [InlineData("c0000000000000000000000000000000", DropReason.BadOpcode)]
    [InlineData("04300000000000000000000000000000", DropReason.BadLength)]
    [InlineData("06000000000000000000000000000000", DropReason.BadLength)]
    [InlineData("15300000000000000000000000000000", DropReason.None)]
    [InlineData("b8000000000000000000000000000000", DropReason.None)]
    [InlineData("04000000000000000000000000000000", DropReason.None)]
    public void EachStepHasItsReason(string hex, DropReason expected)
    {
        Assert.Equal(expected, PacketView.TryParse(Convert.FromHexString(hex), out _));
    }

    [Fact]
    public void AReservedOpcodeIsFlaggedAndHasNoHeaders()
    {
        Assert.Equal(DropReason.None, PacketView.TryParse(Convert.FromHexString("15300000000000000000000000000000"), out var packet));
        Assert.True(packet.Traits.IsReserved);
        Assert.Equal(0, packet.Payload.Length);
    }

    [Theory] // wire.md, BTH: FECN and BECN are the two high bits in front of the destination.
    [InlineData(0x00, false, false)]
    [InlineData(0x80, true, false)]
    [InlineData(0x40, false, true)]
    [InlineData(0x3F, false, false)]
    public void CongestionBitsAreRead(byte bits, bool forward, bool backward)
    {
        var bytes = new byte[16];
        (bytes[0], bytes[4], bytes[5]) = ((byte)Opcode.RcSendOnly, bits, 0xFF);
        Assert.Equal(DropReason.None, PacketView.TryParse(bytes, out var packet));
        Assert.Equal((forward, backward), (packet.ForwardCongestion, packet.BackwardCongestion));
    }

    [Fact]
    public void AHeaderThatTheOpcodeDoesNotHaveIsABugOfTheReader()
    {
        var bytes = new byte[64];
        bytes[0] = (byte)Opcode.RcSendOnly;
        Assert.Throws<InvariantViolationException>(
            () => PacketView.TryParse(bytes, out var packet) == DropReason.None ? packet.Reth : default);
    }

    private static DropReason Touch(ReadOnlySpan<byte> bytes)
    {
        var reason = PacketView.TryParse(bytes, out var packet);
        if (reason != DropReason.None)
            return reason;
        Assert.Equal(bytes.Length, packet.Bytes.Length);
        Assert.InRange(packet.PayloadLength, 0, bytes.Length);
        if (packet.Traits.IsKnown)
            Assert.Equal(bytes.Length, packet.Traits.HeaderLength + packet.PayloadLength + packet.PadCount + PacketView.IcrcLength);
        _ = packet.Bth;
        var headers = packet.Traits.Headers;
        _ = (headers & HeaderLayout.Reth) != 0 ? packet.Reth : default;
        _ = (headers & HeaderLayout.Aeth) != 0 ? packet.Aeth : default;
        _ = (headers & HeaderLayout.AtomicEth) != 0 ? packet.AtomicEth : default;
        _ = (headers & HeaderLayout.Feth) != 0 ? packet.Feth : default;
        return reason;
    }
}

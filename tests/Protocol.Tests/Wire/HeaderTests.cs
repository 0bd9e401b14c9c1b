using RdmaPipeline.Protocol.Wire;
using RdmaPipeline.Verbs;
using Xunit.Abstractions;

namespace RdmaPipeline.Protocol.Tests.Wire;

/// <summary>Headers survive the wire, and illegal values are refused (R-WIRE-11, R-WIRE-12, R-WIRE-18).</summary>
public sealed class HeaderTests(ITestOutputHelper output)
{
    private const int Rounds = 2000;

    [Fact]
    public void LegalHeadersSurviveTheWire()
    {
        var random = TestSeed.Random(output);
        var bytes = new byte[28];
        for (var i = 0; i < Rounds; i++)
        {
            random.NextBytes(bytes);
            bytes[1] &= 0xF0;
            Assert.True(Bth.TryParse(bytes, out var bth)
                && Survives(bth, b => bth.Write(b), Bth.Length, b => Bth.TryParse(b, out var x) ? x : default));
            var reth = new Reth((ulong)random.NextInt64(), (uint)random.NextInt64(), (uint)random.NextInt64(0, (1L << 31) + 1));
            Assert.True(Survives(reth, b => reth.Write(b), Reth.Length, b => Reth.TryParse(b, out var x) ? x : default));
            var aeth = Aeth.Nak((NakCode)random.Next(5), (uint)random.Next(1 << 24));
            Assert.True(Survives(aeth, b => aeth.Write(b), Aeth.Length, b => Aeth.TryParse(b, out var x) ? x : default));
            var deth = new Deth((uint)random.NextInt64(), (uint)random.Next(1 << 24));
            Assert.True(Survives(deth, b => deth.Write(b), Deth.Length, b => Deth.TryParse(b, out var x) ? x : default));
            var xrc = new XrcEth((uint)random.Next(1 << 24));
            Assert.True(Survives(xrc, b => xrc.Write(b), XrcEth.Length, b => XrcEth.TryParse(b, out var x) ? x : default));
            var rdeth = new Rdeth((uint)random.Next(1 << 24));
            Assert.True(Survives(rdeth, b => rdeth.Write(b), Rdeth.Length, b => Rdeth.TryParse(b, out var x) ? x : default));
            var feth = new Feth((FlushPlacement)random.Next(4), (FlushSelectivity)random.Next(2));
            Assert.True(Survives(feth, b => feth.Write(b), Feth.Length, b => Feth.TryParse(b, out var x) ? x : default));
            Assert.True(AtomicEth.TryParse(bytes, out var atomic)
                && Survives(atomic, b => atomic.Write(b), AtomicEth.Length, b => AtomicEth.TryParse(b, out var x) ? x : default));
            Assert.True(AtomicAckEth.TryParse(bytes, out var ack)
                && Survives(ack, b => ack.Write(b), AtomicAckEth.Length, b => AtomicAckEth.TryParse(b, out var x) ? x : default));
            Assert.True(ImmDt.TryParse(bytes, out var imm)
                && Survives(imm, b => imm.Write(b), ImmDt.Length, b => ImmDt.TryParse(b, out var x) ? x : default));
            Assert.True(Ieth.TryParse(bytes, out var ieth)
                && Survives(ieth, b => ieth.Write(b), Ieth.Length, b => Ieth.TryParse(b, out var x) ? x : default));
        }
    }

    [Fact] // wire.md, conventions: what is reserved is sent as 0, whatever lay in the memory before.
    public void ReservedBytesAreWrittenAsZero()
    {
        Assert.Equal("000a0b0c000d0e0f", Written(Deth.Length, bytes => new Deth(0x000A0B0C, 0x0D0E0F).Write(bytes)));
        Assert.Equal("000d0e0f", Written(XrcEth.Length, bytes => new XrcEth(0x0D0E0F).Write(bytes)));
        Assert.Equal("000d0e0f", Written(Rdeth.Length, bytes => new Rdeth(0x0D0E0F).Write(bytes)));
    }

    [Fact]
    public void TooFewBytesAreRefused()
    {
        var bytes = new byte[28];
        Assert.False(Bth.TryParse(bytes.AsSpan(0, Bth.Length - 1), out _));
        Assert.False(Reth.TryParse(bytes.AsSpan(0, Reth.Length - 1), out _));
        Assert.False(Aeth.TryParse(bytes.AsSpan(0, Aeth.Length - 1), out _));
        Assert.False(AtomicEth.TryParse(bytes.AsSpan(0, AtomicEth.Length - 1), out _));
        Assert.False(AtomicAckEth.TryParse(bytes.AsSpan(0, AtomicAckEth.Length - 1), out _));
        Assert.False(ImmDt.TryParse(bytes.AsSpan(0, ImmDt.Length - 1), out _));
        Assert.False(Ieth.TryParse(bytes.AsSpan(0, Ieth.Length - 1), out _));
        Assert.False(Deth.TryParse(bytes.AsSpan(0, Deth.Length - 1), out _));
        Assert.False(XrcEth.TryParse(bytes.AsSpan(0, XrcEth.Length - 1), out _));
        Assert.False(Rdeth.TryParse(bytes.AsSpan(0, Rdeth.Length - 1), out _));
        Assert.False(Feth.TryParse(bytes.AsSpan(0, Feth.Length - 1), out _));
    }

    [Fact]
    public void IllegalValuesCannotBeBuilt()
    {
        const uint tooWide = 1 << 24;
        Assert.Equal("PadCount", Refused(() => new Bth { PadCount = 4 }));
        Assert.Equal("Psn", Refused(() => new Bth { Psn = tooWide }));
        Assert.Equal("DestinationQueuePair", Refused(() => new Bth { DestinationQueuePair = tooWide }));
        Assert.Equal("dmaLength", Refused(() => new Reth(0, 0, Reth.MaxDmaLength + 1)));
        Assert.Equal("msn", Refused(() => Aeth.Ack(0, tooWide)));
        Assert.Equal("code", Refused(() => Aeth.RnrNak(32, 0)));
        Assert.Equal("code", Refused(() => Aeth.Nak((NakCode)5, 0)));
        Assert.Equal("sourceQueuePair", Refused(() => new Deth(0, tooWide)));
        Assert.Equal("sharedReceiveQueue", Refused(() => new XrcEth(tooWide)));
        Assert.Equal("endToEndContext", Refused(() => new Rdeth(tooWide)));
        Assert.Equal("placement", Refused(() => new Feth((FlushPlacement)4, FlushSelectivity.Range)));
        Assert.Equal("selectivity", Refused(() => new Feth(FlushPlacement.None, (FlushSelectivity)2)));
    }

    [Fact]
    public void ReservedValuesOnTheWireAreRefused()
    {
        Assert.False(Bth.TryParse([0x04, 0x01, 0xFF, 0xFF, 0, 0, 0, 1, 0, 0, 0, 1], out _));
        Assert.False(Aeth.TryParse([0x40, 0, 0, 1], out _));
        Assert.False(Aeth.TryParse([0x65, 0, 0, 1], out _));
        Assert.True(Aeth.TryParse([0x9F, 0, 0, 1], out var unlimited));
        Assert.Equal((AethKind.Ack, Aeth.UnlimitedCredit), (unlimited.Kind, unlimited.Code));
        Assert.False(Feth.TryParse([0, 0, 0, 0x21], out _));
        Assert.False(Feth.TryParse([0, 0, 0, 0x04], out _));
        Assert.False(Reth.TryParse([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 1], out _));
        Assert.True(Reth.TryParse([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0], out _));
    }

    private delegate T Parser<T>(ReadOnlySpan<byte> source);

    private static bool Survives<T>(T header, Action<byte[]> write, int length, Parser<T> parse)
        where T : struct, IEquatable<T>
    {
        var bytes = new byte[length];
        Array.Fill(bytes, (byte)0xA5);
        write(bytes);
        return parse(bytes).Equals(header);
    }

    private static string Written(int length, Action<byte[]> write)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, (byte)0xFF);
        write(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    private static string? Refused<T>(Func<T> build) => Assert.Throws<ArgumentOutOfRangeException>(() => build()).ParamName;
}

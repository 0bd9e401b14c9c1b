using System.Buffers.Binary;
using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Protocol.Tests.Captures;
using Xunit.Abstractions;

namespace RdmaPipeline.Protocol.Tests.Framing;

/// <summary>R-BE-31: the Identification of every real packet is recovered, and every flipped bit is refused.</summary>
public sealed class IdentificationRecoveryTests(ITestOutputHelper output)
{
    private const int IdentificationOffset = 4;
    private const int FlagsOffset = 6;
    private const byte DoNotFragment = 0x40;

    [Fact]
    public void EveryRealIdentificationIsRecovered()
    {
        var random = TestSeed.Random(output);
        var recovered = 0;
        foreach (var frame in Ipv4Frames())
        {
            var layout = EthernetFrame.Locate(frame);
            var real = BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(layout.NetworkOffset + IdentificationOffset));
            var assumed = (ushort)(random.Next(2) * random.Next(65536));
            Assert.True(Recover(frame, layout, assumed, out var identification, out var doNotFragment));
            Assert.Equal((real, true), (identification, doNotFragment));
            recovered++;
        }

        output.WriteLine($"{recovered} packets");
        Assert.True(recovered > 1900);
    }

    /// <summary>As a change of the Identification; the codec refuses those that a change of DF would explain.</summary>
    [Fact]
    public void EveryFlippedBitIsRefused()
    {
        var flips = 0;
        foreach (var frame in Ipv4Frames().Where((_, i) => i % 37 == 0))
        {
            var layout = EthernetFrame.Locate(frame);
            // Byte 4 of the BTH is masked.
            var covered = Enumerable.Range(layout.TransportOffset, layout.TransportLength).Where(i => i != layout.TransportOffset + 4);
            foreach (var (index, bit) in covered.SelectMany(i => Enumerable.Range(0, 8).Select(b => (i, b))))
            {
                frame[index] ^= (byte)(1 << bit);
                var explained = Recover(frame, layout, 0, out _, out var doNotFragment);
                Assert.False(explained && doNotFragment, $"byte {index} bit {bit}");
                frame[index] ^= (byte)(1 << bit);
                flips++;
            }
        }

        output.WriteLine($"{flips} flipped bits");
        Assert.True(flips > 100_000);
    }

    [Fact]
    public void DoNotFragmentClearIsTriedSecond()
    {
        var random = TestSeed.Random(output);
        foreach (var frame in Ipv4Frames().Take(300))
        {
            var layout = EthernetFrame.Locate(frame);
            var identification = (ushort)random.Next(65536);
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(layout.NetworkOffset + IdentificationOffset), identification);
            frame[layout.NetworkOffset + FlagsOffset] = 0;
            Icrc.Write(frame, layout);
            Assert.True(Recover(frame, layout, 0, out var recovered, out var doNotFragment));
            Assert.Equal((identification, false), (recovered, doNotFragment));
        }
    }

    [Fact]
    public void DistancesOutOfRangeAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => IdentificationRecovery.TryRecover(1, 65534, 0, out _, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => IdentificationRecovery.TryRecover(1, -3, 0, out _, out _));
        Assert.True(IdentificationRecovery.TryRecover(0, 65533, 7, out var same, out _));
        Assert.Equal(7, same);
    }

    private static IEnumerable<byte[]> Ipv4Frames() =>
        CaptureFiles.RdmaFrames.Where(f => EthernetFrame.Locate(f).Kind == FrameKind.RoCEv2OverIpv4);

    // What a socket knows: everything but the Identification and DF.
    private static bool Recover(byte[] frame, in FrameLayout layout, ushort assumed, out ushort identification, out bool doNotFragment)
    {
        var hidden = (byte[])frame.Clone();
        BinaryPrimitives.WriteUInt16BigEndian(hidden.AsSpan(layout.NetworkOffset + IdentificationOffset), assumed);
        hidden[layout.NetworkOffset + FlagsOffset] = DoNotFragment;
        var received = BinaryPrimitives.ReadUInt32LittleEndian(frame.AsSpan(layout.TransportOffset + layout.TransportLength - Icrc.Length));
        var after = layout.TransportOffset + layout.TransportLength - Icrc.Length - (layout.NetworkOffset + FlagsOffset);
        return IdentificationRecovery.TryRecover(received ^ Icrc.Compute(hidden, layout), after, assumed, out identification,
            out doNotFragment);
    }
}

using RdmaPipeline.Backends.Framing;
using RdmaPipeline.Backends.Packets;
using RdmaPipeline.Transport;

namespace RdmaPipeline.ConformanceTests.Device;

/// <summary>Where bursts end, so that few segmented sends carry many packets.</summary>
public class BurstFillTests
{
    private const int Overhead = 16;
    private const int Reth = 16;

    [Theory]
    [InlineData(4096, 2)]
    [InlineData(1024, 2)]
    public void AMessageOf64KiBTakesTwoSegmentedSends(int mtu, int sends)
    {
        var (runs, _) = Send(WriteStream(mtu, messageLength: 65536, messages: 100));
        Assert.InRange(runs / 100.0, 1, sends + 0.1);
    }

    [Fact]
    public void ALongMessageFillsItsSegmentedSends()
    {
        var frames = WriteStream(4096, messageLength: 16 << 20, messages: 1).ToList();
        var (runs, bursts) = Send(frames);
        Assert.InRange(runs, 1, (frames.Count / 15) + 3);
        Assert.InRange(bursts, 1, (frames.Count / 15) + 3);
    }

    [Fact]
    public void SmallFramesAreBoundedByTheNumberOfPackets()
    {
        var (_, bursts) = Send(Enumerable.Repeat(80, 640));
        Assert.Equal(10, bursts);
    }

    [Fact]
    public void NoMixOfFramesOverrunsTheSlab()
    {
        var random = new Random(1);
        var fill = default(BurstFill);
        for (int i = 0, packets = 0, bytes = 0; i < 100_000; i++)
        {
            if (!fill.Takes(packets, 4096 + 44))
                (fill, packets, bytes) = (default, 0, 0);
            int frame = random.Next(4) == 0 ? 20 + random.Next(4120) : 4112;
            fill.Add(frame);
            (packets, bytes) = (packets + 1, bytes + frame);
            Assert.InRange(packets, 1, PacketBurst.MaxPackets);
            Assert.InRange(bytes, 1, PacketPool.SlabBytes);
        }
    }

    private static IEnumerable<int> WriteStream(int mtu, int messageLength, int messages)
    {
        for (int message = 0; message < messages; message++)
        {
            for (int left = messageLength; left > 0; left -= mtu)
                yield return Math.Min(left, mtu) + Overhead + (left == messageLength ? Reth : 0);
        }
    }

    // Counts segmented sends as the codec makes them: equal lengths, the last possibly shorter, within one burst and one datagram.
    private static (int Runs, int Bursts) Send(IEnumerable<int> frames)
    {
        var fill = default(BurstFill);
        int runs = 0, bursts = 1, packets = 0, segment = 0, bytes = 0;
        bool open = false;
        foreach (int frame in frames)
        {
            if (!fill.Takes(packets, 4096 + 44))
                (fill, packets, open, bursts) = (default, 0, false, bursts + 1);
            bool joins = open && frame <= segment && bytes + frame <= RoCEv2UdpCodec.MaxRunBytes;
            (runs, segment, bytes) = joins ? (runs, segment, bytes + frame) : (runs + 1, frame, frame);
            open = !joins || frame == segment;
            fill.Add(frame);
            packets++;
        }
        return (runs, bursts);
    }
}

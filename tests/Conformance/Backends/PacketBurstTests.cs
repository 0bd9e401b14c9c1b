using RdmaPipeline.Backends.Packets;

namespace RdmaPipeline.ConformanceTests.Backends;

public sealed class PacketBurstTests
{
    private readonly PacketBurst _burst = new PacketPool().Rent();

    [Fact]
    public void KeepingSomePacketsKeepsTheirOrderAndForgetsRuns()
    {
        for (var i = 0; i < 64; i++)
            _burst.Append().FrameOffset = i;
        _burst.RunCount = 1;
        _burst.Keep(ulong.MaxValue);
        Assert.Equal((64, 1), (_burst.Count, _burst.RunCount));
        _burst.Keep(1UL << 63 | 0b1010);
        Assert.Equal((3, 0), (_burst.Count, _burst.RunCount));
        Assert.Equal([1, 3, 63], _burst.Packets.Take(3).Select(p => p.FrameOffset));
        _burst.Keep(0);
        Assert.Equal(0, _burst.Count);
    }

    [Fact]
    public void SegmentsGrowAndKeepWhatTheyHold()
    {
        for (var i = 0; i < 1000; i++)
        {
            _burst.FreeSegments(1)[0] = new PayloadSegment(i, i + 1);
            _burst.SegmentCount++;
        }

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => new PayloadSegment(i, i + 1)), _burst.Segments.Take(1000));
    }

    [Fact]
    public void BytesOutsideTheSlabAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _burst.Bytes(_burst.SlabLength - 1, 2).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => _burst.Bytes(-1, 2).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => _burst.HeaderArea(64).Length);
        Assert.Equal(0, _burst.Bytes(_burst.SlabLength, 0).Length);
    }
}

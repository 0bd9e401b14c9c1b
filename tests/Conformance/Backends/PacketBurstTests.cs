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

    [Fact] // The header area of a packet goes by its place.
    public void HeadersOfUnencodedPacketsMoveUpWithThem()
    {
        for (byte i = 0; i < 5; i++)
        {
            _burst.Append().HeaderLength = 12;
            _burst.HeaderArea(i).Fill(i);
        }

        _burst.Keep(0b11010);
        Assert.Equal([1, 3, 4], Enumerable.Range(0, 3).Select(i => _burst.HeaderArea(i)[11]));
    }

    [Fact]
    public void ABurstThatNobodyElseHoldsIsNotCopied()
    {
        var copies = new PacketPool();
        Assert.Same(_burst, _burst.Unshare(copies));
        Assert.Equal(0, copies.Outstanding);
    }

    [Fact]
    public void ASharedBurstIsCopiedWithEverythingButItsHolders()
    {
        var copies = new PacketPool();
        var observer = new Observer();
        _burst.State = BurstStage.Decoded;
        _burst.Append().FrameLength = 3;
        _burst.Bytes(0, 3).Fill(7);
        _burst.Notices.Add(observer, 5, 9);
        _burst.Retain();
        var copy = _burst.Unshare(copies);
        Assert.NotSame(_burst, copy);
        Assert.Equal((1, BurstStage.Decoded, 3), (copy.Count, copy.State, copy.Packets[0].FrameLength));
        Assert.Equal([7, 7, 7], copy.Bytes(0, 3).ToArray());
        Assert.False(_burst.IsShared);
        _burst.Release();
        Assert.Equal(0, observer.Told);
        copy.Release();
        Assert.Equal(9, observer.Told);
    }

    [Fact] // Its payloads lie in user memory, which may be gone before the second holder looks.
    public void AnUnencodedBurstMustNotBeShared()
    {
        _burst.Retain();
        Assert.Throws<InvalidOperationException>(() => _burst.Unshare(new PacketPool()));
    }

    [Fact]
    public unsafe void ACopyOfAnUnencodedBurstStandsByItself()
    {
        var memory = GC.AllocateArray<byte>(100, pinned: true);
        memory.AsSpan().Fill(1);
        var first = (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref memory[0]);
        ref var packet = ref _burst.Append();
        (packet.HeaderLength, packet.PayloadLength, packet.SegmentCount) = (12, 30, 2);
        _burst.HeaderArea(0)[..12].Fill(9);
        _burst.FreeSegments(2)[0] = new PayloadSegment(first, 10);
        _burst.FreeSegments(2)[1] = new PayloadSegment(first + 10, 20);
        _burst.SegmentCount = 2;
        var copy = new PacketPool().Rent();
        _burst.CopyTo(copy);
        memory.AsSpan().Clear();
        var payload = new byte[30];
        copy.CopyPayloadTo(copy.Packets[0], payload);
        Assert.All(payload, b => Assert.Equal(1, b));
        Assert.Equal(9, copy.HeaderArea(0)[11]);
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

    private sealed class Observer : IHandoverObserver
    {
        public long Told { get; private set; }

        public void HandedOver(uint queuePair, long position) => Told = position;
    }
}

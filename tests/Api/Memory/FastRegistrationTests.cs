using RdmaPipeline.Verbs;

namespace RdmaPipeline.ApiTests.Memory;

/// <summary>alloc_mr, map_mr_sg and the registration that is posted (verbs.md 3, R-VERB-3, R-VERB-5).</summary>
public sealed class FastRegistrationTests : IDisposable
{
    private const int Page = 4096;
    private readonly FakeDevice _fake = new(FakeDevice.Rich);

    public void Dispose() => _fake.Dispose();

    [Fact]
    public void ARegionBeginsFree()
    {
        using MemoryRegion region = Allocate(512);
        Assert.Equal((MemoryRegionType.FastRegistration, 512, 0ul, false), (region.Type, region.MaxPages, region.Length, region.IsValid));
        Assert.NotEqual(0u, region.LocalKey);
        Assert.Equal(0u, region.RemoteKey);
        Assert.Equal((1, 1), (_fake.Device.MemoryRegionCount, _fake.Device.MemoryRegions.Count));
        region.Dispose();
        Assert.Equal((0, 0), (_fake.Device.MemoryRegionCount, _fake.Device.MemoryRegions.Count));
    }

    [Fact]
    public void AnotherTypeOrTooManyPagesAreRefused()
    {
        foreach (MemoryRegionType type in Enum.GetValues<MemoryRegionType>().Where(t => t != MemoryRegionType.FastRegistration))
            Failing.With(VerbsErrno.EINVAL, () => _fake.Domain.AllocateRegion(type, 1), "mr_type", $"{type}");
        Failing.With(VerbsErrno.EINVAL, () => Allocate(513), "max_num_sg", "513", "512");
        Failing.With(VerbsErrno.EINVAL, () => Allocate(0), "max_num_sg", "0");
        using var poor = new FakeDevice();
        Failing.With(
            VerbsErrno.EOPNOTSUPP, () => poor.Domain.AllocateRegion(MemoryRegionType.FastRegistration, 1), "fast registration");
    }

    // R-VERB-18: regions of every kind count against max_mr.
    [Fact]
    public void FastRegionsCountAsRegions()
    {
        using var small = new FakeDevice(FakeDevice.Rich with { MaxMemoryRegions = 2 });
        MemoryRegion fast = small.Domain.AllocateRegion(MemoryRegionType.FastRegistration, 1);
        small.Domain.RegisterMemory(new byte[1]);
        Failing.With(VerbsErrno.ENOMEM, () => small.Domain.AllocateNullRegion(), "limit is 2");
        Failing.With(VerbsErrno.ENOMEM, () => small.Domain.AllocateRegion(MemoryRegionType.FastRegistration, 1), "limit is 2");
        fast.Dispose();
        small.Domain.AllocateNullRegion();
    }

    public static TheoryData<string, int, (int Address, int Length)[], int, int> Mappings() => new()
    {
        { "nothing", 4, [], 0, 0 },
        { "one piece inside a page", 1, [(10, 100)], 1, 100 },
        { "one piece over two pages", 2, [(4000, 200)], 1, 200 },
        { "one piece that needs a page too many", 1, [(4000, 200)], 0, 0 },
        { "whole pages in any order", 4, [(3 * Page, Page), (0, Page), (7 * Page, 2 * Page)], 3, 4 * Page },
        { "as many pages as there are", 2, [(0, Page), (4 * Page, Page), (2 * Page, Page)], 2, 2 * Page },
        { "head and tail inside pages", 4, [(Page - 5, 5), (4 * Page, Page), (2 * Page, 7)], 3, Page + 12 },
        { "gap behind", 4, [(0, 100), (4 * Page, Page)], 1, 100 },
        { "gap in front", 4, [(0, Page), ((4 * Page) + 8, 8)], 1, Page },
        { "gap behind the tail", 4, [(Page - 5, 5), (4 * Page, 9), (8 * Page, 9)], 2, 14 },
        { "going on inside a page", 1, [(100, 50), (150, 50), (200, 1)], 3, 101 },
        { "going on into the next page", 2, [(100, 50), (150, Page)], 2, Page + 50 },
        { "going on at the border", 2, [(100, Page - 100), (Page, 10)], 2, Page - 90 },
        { "empty pieces", 2, [(0, 0), (100, 10), (9999, 0), (110, 10)], 4, 20 },
    };

    [Theory]
    [MemberData(nameof(Mappings))]
    public void PiecesAreMappedUpToTheFirstGap(string name, int pages, (int Address, int Length)[] pieces, int mapped, int length)
    {
        const int Base = 0x10_0000;
        using MemoryRegion region = Allocate(pages);
        MemoryPiece[] list = [.. pieces.Select(p => new MemoryPiece(Base + p.Address, (ulong)p.Length))];
        Assert.Equal(mapped, region.Map(list));
        var registration = new FastRegistration(region, AccessFlags.RemoteRead);
        Assert.Equal((ulong)length, registration.Length);
        Assert.True(_fake.Execute(_fake.CreateQueuePair(), registration), name);
        // Every byte leads where the pieces say.
        int offset = 0;
        foreach ((int address, int bytes) in pieces.Take(mapped))
        {
            for (int i = 0; i < bytes; i++, offset++)
            {
                Assert.Equal(MemoryKeyFault.None, _fake.Device.MemoryRegions.TryResolve(region.RemoteKey, true, _fake.Domain.Handle,
                    region.Address + (ulong)offset, 1, AccessFlags.RemoteRead, out nint pointer));
                Assert.Equal(Base + address + i, pointer);
            }
        }
    }

    // Adjacent pages are one piece, others end one; never more than was asked for.
    [Fact]
    public void PiecesAreAsLongAsTheMemoryFollowsOn()
    {
        using MemoryRegion region = Allocate(8);
        region.Map([new(Page, Page), new(2 * Page, Page), new(5 * Page, Page)]);
        var registration = new FastRegistration(region, AccessFlags.RemoteRead);
        _fake.Execute(_fake.CreateQueuePair(), registration);
        foreach ((ulong offset, ulong length, nint at, ulong piece) in new[]
        {
            (0ul, 3ul * Page, Page, 2ul * Page), (10ul, 100ul, Page + 10, 100ul), (2ul * Page, (ulong)Page, 5 * Page, (ulong)Page),
            ((2ul * Page) - 1, 2ul, (3 * Page) - 1, 1ul), (3ul * Page, 0ul, 6 * Page, 0ul),
        })
        {
            Assert.Equal(MemoryKeyFault.None, _fake.Device.MemoryRegions.TryResolve(registration.Key, true, _fake.Domain.Handle,
                registration.Address + offset, length, AccessFlags.RemoteRead, null, out nint pointer, out ulong follows));
            Assert.Equal((at, piece), (pointer, follows));
        }
    }

    [Fact]
    public void LargePagesTakeLargePieces()
    {
        const int Large = 1 << 21;
        using MemoryRegion region = Allocate(2);
        Assert.Equal(2, region.Map([new(Large, Large), new(8 * Large, Large)], Large));
        Assert.Equal(1, region.Map([new(Large, Large), new((8 * Large) + Page, Page)], Large));
    }

    [Fact]
    public void WhatCannotBeMappedIsNamed()
    {
        using MemoryRegion region = Allocate(4);
        Failing.With(VerbsErrno.EINVAL, () => region.Map([new(Page, 1)], 2048), "page_size", "2048", "0xfffff000");
        Failing.With(VerbsErrno.EINVAL, () => region.Map([new(Page, 1)], 4097), "page_size", "4097");
        Failing.With(VerbsErrno.EINVAL, () => region.Map([new(Page, 1)], 0), "page_size");
        Failing.With(VerbsErrno.EFAULT, () => region.Map([new(0, 1)]), "addr");
        Failing.With(VerbsErrno.EINVAL, () => region.Map([new(-8, 9)]), "overflows");
        Failing.With(VerbsErrno.EINVAL, () => region.Map([new(Page, 8)], iova: ulong.MaxValue - 3), "iova");
        using MemoryRegion plain = _fake.Domain.RegisterMemory(new byte[8]);
        Failing.With(VerbsErrno.EINVAL, () => plain.Map([new(Page, 1)]), "User");
        region.Dispose();
        Assert.Throws<ObjectDisposedException>(() => region.Map([]));
    }

    [Fact]
    public void WhatCannotBeRegisteredIsNamed()
    {
        using MemoryRegion region = Allocate(4);
        Failing.With(VerbsErrno.EINVAL, () => new FastRegistration(region, AccessFlags.None), "mapped nothing");
        region.Map([new(Page, 8)]);
        Failing.With(VerbsErrno.EINVAL, () => new FastRegistration(region, AccessFlags.RemoteWrite), "LocalWrite");
        Failing.With(VerbsErrno.EINVAL, () => new FastRegistration(region, AccessFlags.None, region.LocalKey ^ 0x100), "low 8 bits");
        using MemoryRegion plain = _fake.Domain.RegisterMemory(new byte[8]);
        Failing.With(VerbsErrno.EINVAL, () => new FastRegistration(plain, AccessFlags.None), "User");
        region.Dispose();
        Assert.Throws<ObjectDisposedException>(() => new FastRegistration(region, AccessFlags.None));
    }

    [Fact]
    public void ARegistrationSaysWhatItWillBe()
    {
        using MemoryRegion region = Allocate(4);
        region.Map([new(Page + 8, 100)], iova: 0x77_0000);
        uint chosen = region.LocalKey ^ 0x55;
        var registration = new FastRegistration(region, AccessFlags.RemoteRead, chosen);
        Assert.Equal((chosen, 0x77_0000ul, 100ul, AccessFlags.RemoteRead, region),
            (registration.Key, registration.Address, registration.Length, registration.Access, registration.Region));
        Assert.Equal(new ScatterGatherEntry(0x77_000A, 5, chosen), registration.Entry(10, 5));
        Failing.With(VerbsErrno.EINVAL, () => registration.Entry(96, 5), "offset 96", "length 5", "100");
        Assert.Equal(0ul, new FastRegistration(region, AccessFlags.ZeroBased).Address);
        // Each without a choice is another key.
        Assert.Equal(200, Enumerable.Range(0, 200).Select(_ => new FastRegistration(region, AccessFlags.None).Key).Distinct().Count());
    }

    // R-VERB-3: the variant that the consumer had chosen does not come back at once with the index.
    [Fact]
    public void AFreedIndexGetsAnotherVariantThanTheConsumersLast()
    {
        using var one = new FakeDevice(FakeDevice.Rich with { MaxMemoryRegions = 1 });
        QueuePair queuePair = one.CreateQueuePair();
        for (int i = 0; i < 600; i++)
        {
            MemoryRegion region = one.Domain.AllocateRegion(MemoryRegionType.FastRegistration, 1);
            region.Map([new(Page, 8)]);
            uint chosen = (region.LocalKey & ~0xFFu) | (uint)(i * 37 & 0xFF);
            Assert.True(one.Execute(queuePair, new FastRegistration(region, AccessFlags.None, chosen)));
            Assert.Equal(chosen, region.LocalKey);
            if (i % 2 == 0)
                Assert.True(one.Device.MemoryRegions.TryInvalidateLocal(chosen, one.Domain.Handle));
            region.Dispose();
            using MemoryRegion next = one.Domain.AllocateRegion(MemoryRegionType.FastRegistration, 1);
            Assert.Equal(chosen >> 8, next.LocalKey >> 8);
            Assert.NotEqual(chosen, next.LocalKey);
        }
    }

    private MemoryRegion Allocate(int pages) => _fake.Domain.AllocateRegion(MemoryRegionType.FastRegistration, pages);
}
